"""Follow the partitions' markers: what a worker has committed, as it commits it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
from aiokafka import AIOKafkaConsumer

from streams.engine.topics import CHANGELOG
from streams.operate.tools.reading import consuming, places
from streams.settings import Settings
from streams.state.marker import Marker
from streams.state.store import MARKER

PROMPT_MS = 20
"""Longest wait of a fetch: it bounds how late a commit is noticed."""

Seen = Callable[[int, dict[str, int], float], None]
"""Told of each marker: partition, first offset not yet processed per topic, when (monotonic s)."""


class Ledger:
    """The newest marker of each partition."""

    def __init__(self) -> None:
        self.markers: dict[int, Marker] = {}

    def counts(self) -> Counter[str]:
        """The law-4 counters, summed over partitions."""
        total: Counter[str] = Counter()
        for marker in self.markers.values():
            total.update(marker.counts)
        return total

    def take(self, partition: int, key: bytes | None, value: bytes | None) -> Marker | None:
        """Take a row of the changelog; return the marker if it is one."""
        if key != MARKER or value is None:
            return None
        self.markers[partition] = msgspec.msgpack.decode(value, type=Marker)
        return self.markers[partition]


@asynccontextmanager
async def following(settings: Settings, seen: Seen = lambda *_: None) -> AsyncIterator[Ledger]:
    """Yield a ledger that keeps itself current while the block runs."""
    ledger = Ledger()
    async with consuming(settings, fetch_max_wait_ms=PROMPT_MS) as consumer:
        consumer.assign(await places(settings, [f"{settings.app_id}-{CHANGELOG}"]))
        task = asyncio.create_task(_follow(consumer, ledger, seen))
        try:
            yield ledger
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _follow(consumer: AIOKafkaConsumer, ledger: Ledger, seen: Seen) -> None:
    while True:
        fetched = await consumer.getmany(timeout_ms=1_000)
        now_s = time.monotonic()
        for place, records in fetched.items():
            for record in records:
                marker = ledger.take(place.partition, record.key, record.value)
                if marker is not None:
                    seen(place.partition, marker.next_offsets, now_s)
