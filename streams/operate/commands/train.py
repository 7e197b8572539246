"""`kairos train`: a bundle from one's own history."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from streams.offline.training.train import train as train_on
from streams.operate.commands.log_options import (
    DataPath,
    SourceName,
    ZoneName,
    open_log,
    tell_skipped,
)
from streams.operate.console import bars, finish, say
from streams.pipeline.accept import Vault, read_secret
from streams.settings import load_settings


def train(
    out: Annotated[Path, typer.Option("--out", help="Directory of the new bundle.")],
    source: SourceName = "deskdrop",
    data: DataPath = None,
    timezone: ZoneName = "UTC",
    first: Annotated[int | None, typer.Option(help="Only the first N records.", min=1)] = None,
    seed: Annotated[int, typer.Option(help="Same history and seed, same bundle.")] = 0,
    search: Annotated[
        bool, typer.Option("--search", help="Choose hyperparameters, testing on later data.")
    ] = False,
    item_tables: Annotated[
        bool, typer.Option("--item-tables", help="Also fit what goes with what, for four sources.")
    ] = False,
    starter: Annotated[
        bool,
        typer.Option(
            "--starter", help="Leave out all that names an item: for other shops to begin with."
        ),
    ] = False,
) -> None:
    """Replay history into point-in-time samples, train the experts, export, check, write."""
    if starter and item_tables:
        raise typer.BadParameter("--starter leaves out what --item-tables fits: give one of them")
    settings = load_settings()
    log = open_log(source, data, timezone)
    vault = Vault(read_secret(settings), settings.tenant)
    with bars() as display:
        task = display.add_task("replay of history", total=first)
        manifest = train_on(
            islice(log, first), out, settings, vault, seed,
            lambda n: display.update(task, completed=n), search, item_tables, starter,
        )  # fmt: skip
    tell_skipped(log)
    for note in manifest.notes:
        say(note)
    finish({"bundle": str(out), "metrics": manifest.metrics, "notes": manifest.notes})
