"""The partitions' markers and rows, as the changelog has them: what workers have committed."""

from __future__ import annotations

from streams.engine.topics import CHANGELOG
from streams.operate.demo.ledger import Ledger
from streams.operate.tools.reading import Span, consuming, places, read, spans
from streams.settings import Settings
from streams.state.marker import Marker

LAST_ROWS = 20_000
"""Rows from the end that are looked at first: each transaction ends with a marker."""


async def read_markers(settings: Settings) -> dict[int, Marker]:
    """Return the newest marker of each partition that has decided anything."""
    ledger = Ledger()
    async with consuming(settings) as consumer:
        whole = await spans(consumer, await places(settings, [_changelog(settings)]))
        ends = {place: (max(start, end - LAST_ROWS), end) for place, (start, end) in whole.items()}
        for wanted in (ends, whole):
            missing = {p: span for p, span in wanted.items() if p.partition not in ledger.markers}
            async for part in read(consumer, missing):
                for place, records in part.items():
                    for record in records:
                        ledger.take(place.partition, record.key, record.value)
    return ledger.markers


async def read_row(settings: Settings, partition: int, key: bytes) -> bytes | None:
    """Return the value of a key in a partition's state, None where there is none; reads all of it."""
    row: bytes | None = None
    async with consuming(settings) as consumer:
        whole: Span = await spans(consumer, await places(settings, [_changelog(settings)]))
        mine = {place: span for place, span in whole.items() if place.partition == partition}
        async for part in read(consumer, mine):
            for records in part.values():
                for record in records:
                    if record.key == key:
                        row = record.value
    return row


def _changelog(settings: Settings) -> str:
    return f"{settings.app_id}-{CHANGELOG}"
