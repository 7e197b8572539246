"""The newest snapshot of the learner: read at its start, so that signals may age and go."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.globals import Snapshot
from schemas.parts import Collector
from streams.engine.client import Tail
from streams.engine.publishing import Place
from streams.engine.skipped import Skipped
from streams.settings import Settings
from streams.shared.blame import blamed

NAME = "learner"
"""Name of the snapshot's parts on the topic."""
TOPIC = "snapshots"
_DECODER = msgspec.msgpack.Decoder(Snapshot)


async def read_newest(settings: Settings, skipped: Skipped) -> tuple[Place, Snapshot | None]:
    """Return where snapshots lie, and the newest that is whole and readable."""
    place = Place(settings.topic(TOPIC), NAME, Collector(NAME))
    newest: Snapshot | None = None
    tail = Tail(settings, place.topic)
    try:
        await tail.start()
        while not await tail.is_caught_up():
            for record in await tail.read(timeout_ms=200):
                newest = _usable(place.there, record, skipped) or newest
    finally:
        await tail.stop()
    return place, newest


def _usable(there: Collector, record: Any, skipped: Skipped) -> Snapshot | None:
    """Return the snapshot that a record completes, if any; one that is none is counted."""
    try:
        return completed(there, record.key, record.value)
    except BaseException as error:  # a panic of Rust code is no Exception
        skipped.note(record, f"no snapshot: {blamed(error)}")
        return None


def completed(there: Collector, key: bytes | None, value: bytes | None) -> Snapshot | None:
    """Return the snapshot that a record completes, None as long as parts are missing.

    Raises:
        PartError, *UNREADABLE: the record is none of a snapshot.
    """
    whole = there.take(key, value)
    return None if whole is None else _DECODER.decode(whole)
