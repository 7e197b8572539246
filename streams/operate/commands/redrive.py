"""`kairos redrive`: send dead letters back to where they came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from schemas.vocabulary import DeadReason
from streams.operate.console import finish, run, say
from streams.operate.tools.redrive import Filter
from streams.operate.tools.redrive import redrive as send_back
from streams.settings import load_settings


def redrive(
    reason: Annotated[
        DeadReason | None, typer.Option(help="Only letters with this reason code.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Only letters from this topic (name without prefix).")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Only letters put down since then; UTC without zone.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, send nothing.")] = False,
) -> None:
    """Send dead letters back to their topics: original key, bytes and time, exactly once.

    Only what lies there now is sent. Each combination of --reason and --topic remembers how far
    it came. Partial letters stay: their records were accepted, and a correction needs a new event_id.
    Letters that were cut (a value above 512 KiB, a key above 4 KiB) cannot be sent; each is
    told with the topic, partition and offset where its record lies.
    """
    since_ms = None if since is None else _milliseconds(since)
    wanted = Filter(reason.value if reason else None, topic, since_ms)
    counts = run(send_back(load_settings(), wanted, dry_run, _tell_cut))
    verb = "would send" if dry_run else "sent"
    say(f"{counts['read']} letters read, {verb} {counts['sent']}; see the JSON line for the rest")
    if counts["partial"]:
        say("partial letters are of records that were accepted: a correction needs a new event_id")
    finish({"dry_run": dry_run, **counts})


def _tell_cut(origin: str) -> None:
    say(f"cut, cannot be sent from its letter: send it again from {origin}")


def _milliseconds(moment: datetime) -> int:
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp() * 1000)
