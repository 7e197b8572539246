"""`kairos time back`: bring partitions back whose time is ahead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from streams.operate.console import finish, run, say
from streams.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The time of partitions.")


@app.callback()
def _group() -> None:
    """Keep `back` a word of its own."""


@app.command()
def back(
    partition: Annotated[
        list[int] | None, typer.Option(help="A partition; all that are ahead when none is given.")
    ] = None,
    to: Annotated[
        str, typer.Option(help="RFC 3339 with zone; the broker's time when not given.")
    ] = "",
) -> None:
    """Bring partitions back, with a record on `ticks` that a replay reads as well.

    Timers wait for their due time, the epoch is the newest that holds then, the learner goes back too.
    """
    from streams.operate.tools.commanding import bring_back

    said = run(bring_back(load_settings(), partition or [], to))
    for each in said:
        when = datetime.fromtimestamp(each.ts_ms / 1000, UTC).isoformat()
        say(f"partition {each.partition} goes on from {when}")
    finish({"brought_back": said})
