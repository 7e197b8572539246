"""`kairos load`: one's own history into the topics of a deployment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from schemas.tables import SourceRecord
from streams.operate.commands.log_options import (
    DataPath,
    SourceName,
    ZoneName,
    open_log,
    tell_skipped,
)
from streams.operate.console import bars, finish, run, say
from streams.operate.tools.feed import feed
from streams.settings import load_settings

RATE = typer.Option("--rate", help="Records a second; as fast as it goes when not given.", min=1)


def load(
    source: SourceName = "raw",
    data: DataPath = None,
    timezone: ZoneName = "UTC",
    rate: Annotated[float | None, RATE] = None,
) -> None:
    """Send a log into the topics in its order, each record at its own time.

    Load before the first worker starts: it then merges the topics exactly by time.
    """
    settings = load_settings()
    log = open_log(source, data, timezone)
    sent: Counter[str] = Counter()
    with bars() as display:
        task = display.add_task("loading", total=None)

        def counted(records: Iterable[SourceRecord]) -> Iterator[SourceRecord]:
            for record in records:
                sent[record.topic] += 1
                display.update(task, advance=1)
                yield record

        stored = run(feed(settings, counted(log), rate))
    tell_skipped(log)
    say(f"{stored:,} records stored on {settings.broker}")
    finish({"stored": stored, "topics": dict(sorted(sent.items()))})
