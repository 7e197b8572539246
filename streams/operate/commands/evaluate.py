"""`kairos evaluate`: how good a bundle is on a log, out of time and with the shuffled control.

Its subcommands train and measure one view alone: `time`, `items`, `context`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from models.metrics.on_dataset import evaluate_dataset
from streams.offline.training.train import collect
from streams.operate.commands.evaluations.context import context as context_report
from streams.operate.commands.evaluations.items import items
from streams.operate.commands.evaluations.time import time
from streams.operate.commands.log_options import (
    DataPath,
    SourceName,
    ZoneName,
    open_log,
    tell_skipped,
)
from streams.operate.console import bars, finish, say
from streams.pipeline.accept import Vault, read_secret
from streams.pipeline.assemble import load_bundle, with_bundle
from streams.settings import load_settings

OLD = "decisions inside the bundle's training window are left out: {:,} of {:,}"

app = typer.Typer(invoke_without_command=True)
app.command()(time)
app.command()(items)
app.command("context")(context_report)


@app.callback()
def evaluate(
    context: typer.Context,
    source: SourceName = "deskdrop",
    data: DataPath = None,
    bundle: Annotated[Path | None, typer.Option("--bundle", help="Model bundle.")] = None,
    timezone: ZoneName = "UTC",
    json_out: Annotated[Path | None, typer.Option("--json", help="Also write it there.")] = None,
) -> None:
    """Replay a log, score every decision with the bundle and compare with what users then did."""
    if context.invoked_subcommand:
        return
    settings = with_bundle(load_settings(), bundle)
    model = load_bundle(settings)
    log = open_log(source, data, timezone)
    with bars() as display:
        task = display.add_task("replay", total=None)
        samples, _ = collect(
            log, settings, Vault(read_secret(settings), settings.tenant),
            lambda n: display.update(task, completed=n),
        )  # fmt: skip
    tell_skipped(log)
    window = model.manifest.training_window
    if window is not None:
        seen = samples.now_ms <= window[1]
        say(OLD.format(int(seen.sum()), len(samples)))
        samples = samples.take(~seen)
    result = {"bundle": model.name, "sha256": model.sha256} | evaluate_dataset(samples, model)
    if json_out:
        json_out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    finish(result)
