"""Where the past of a partition ends that begins without state: read once, noted in its first transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer

from streams.settings import Settings
from streams.state.marker import fresh_marker, packed_marker
from streams.state.store import MARKER

STEP_BACK = 16
"""Where no record is found at the end of a log, so many times further back it is looked next."""


async def record_ends(settings: Settings, tps: Iterable[Any]) -> dict[Any, int]:
    """Return of each topic partition the offset after its last committed record; without one it is left out.

    The end of the log will not do: markers of transactions may follow the last record, and nobody who
    counts records ever gets there.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    try:
        wanted = list(tps)
        starts = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
        found = {
            tp: await _after_last(consumer, tp, starts[tp], ends[tp])
            for tp in wanted
            if starts[tp] < ends[tp]
        }
        return {tp: at for tp, at in found.items() if at > starts[tp]}
    finally:
        await consumer.stop()


async def _after_last(consumer: Any, tp: Any, start: int, end: int) -> int:
    """Return the offset after the last record of a log, ``start`` if it has none."""
    back, at, found = 1, end, start
    consumer.assign([tp])
    while found == start and at > start:
        at, back = max(end - back, start), back * STEP_BACK
        consumer.seek(tp, at)
        while await consumer.position(tp) < end:
            for record in (await consumer.getmany(tp, timeout_ms=200)).get(tp, []):
                if record.offset < end:
                    found = record.offset + 1
    return found


def first_rows(ends: Mapping[str, int]) -> dict[bytes, bytes | None]:
    """Return the rows of a partition's first transaction. ``ends``: topic -> where its past ends."""
    marker = fresh_marker()
    marker.past = dict(ends)
    return {MARKER: packed_marker(marker)}
