"""`kairos evaluate context`: does the situation help, on any log and in planted worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from models.evaluate.context import plant, read_world
from streams.offline.evaluation.synthetic import samples
from streams.offline.training.train import collect
from streams.operate.commands.evaluations.written import HtmlOut, JsonOut, written
from streams.operate.commands.log_options import (
    DataPath,
    SourceName,
    ZoneName,
    open_log,
    tell_skipped,
)
from streams.operate.console import bars, say
from streams.pipeline.accept import Vault
from streams.settings import load_settings

WORLD = "world"
SHIPPED_WORLD = Path("examples/worlds/commuters.toml")
EPOCH_MS = 86_400_000
"""One epoch a day of the log: a report asks what context adds, not how fresh a trend is."""
_SECRET = b"an evaluation names nobody"


def context(
    source: SourceName = "deskdrop",
    data: DataPath = None,
    timezone: ZoneName = "UTC",
    seed: Annotated[int, typer.Option(help="Same log and seed, same report.")] = 0,
    json_out: JsonOut = None,
    html_out: HtmlOut = None,
) -> None:
    """Train with context, without, and with another user's; compare on later data.

    The source `world` is a planted world (TOML), scored against its oracle. Needs the `train` extra.
    """
    from models.evaluate.context.compare import compare  # slow to import, and not everywhere
    from models.evaluate.context.report import report

    evidence = _world(data) if source == WORLD else _log(source, data, timezone)
    say(f"{len(evidence.data):,} moments, {len(evidence.data.due):,} pairs")
    compared = compare(evidence, seed)
    result: dict[str, Any] = {
        "source": source,
        **compared.numbers,
        "scene_mix": compared.mix.tolist(),
    }
    title = f"Context: {data.stem if data else source}"
    written(result, title, report(compared), json_out, html_out)


def _world(data: Path | None) -> Any:
    from models.evaluate.context.compare import Evidence

    planted = plant(read_world(data or SHIPPED_WORLD))
    with bars() as display:
        task = display.add_task("world", total=len(planted.moments))
        dataset = samples(planted, load_settings(), lambda n: display.advance(task, n))
    oracles = {name: getattr(planted, name).ravel()
               for name in ("oracle", "oracle_told", "oracle_blind")}  # fmt: skip
    return Evidence(dataset, oracles, planted.moments.scene)


def _log(source: str, data: Path | None, timezone: str) -> Any:
    from models.evaluate.context.compare import Evidence

    settings = load_settings(default_timezone=timezone, epoch_ms=EPOCH_MS)
    log = open_log(source, data, timezone)
    with bars() as display:
        task = display.add_task("replay", total=None)
        dataset, _ = collect(
            log, settings, Vault(_SECRET, settings.tenant),
            lambda n: display.update(task, completed=n),
        )  # fmt: skip
    tell_skipped(log)
    return Evidence(dataset)
