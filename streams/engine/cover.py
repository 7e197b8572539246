"""How many of the items that users touched in a day the catalogue knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition
from numpy.typing import NDArray

from schemas.ids import hash64
from schemas.unreadable import UNREADABLE
from streams.engine.topics import expected
from streams.settings import Settings

TOPICS = ("clicks", "purchases")
DAY_MS = 86_400_000
MOST = 2_000
"""Newest records looked at in each partition."""

Knows = Callable[[NDArray[np.uint64]], NDArray[np.bool_]]
"""Tells which hashes the catalogue knows."""


class Cover(NamedTuple):
    """Items ``touched`` in the newest records of a day, and how many of them the catalogue knows."""

    touched: int
    known: int

    @property
    def is_poor(self) -> bool:
        """Whether the catalogue knows less than half of them."""
        return 2 * self.known < self.touched

    def __str__(self) -> str:
        """Return a sentence."""
        return f"the catalogue knows {self.known} of {self.touched} items touched in a day"


class _Line(msgspec.Struct):
    item_id: str | None = None


class _Touch(_Line):
    lines: list[_Line] = []


_DECODER = msgspec.json.Decoder(_Touch)


def cover(records: Iterable[Any], knows: Knows) -> Cover:
    """Return the cover of records (aiokafka's): those not a day older than the newest count."""
    dated = [(record.timestamp, record.value) for record in records]
    since_ms = max((ms for ms, _ in dated), default=0) - DAY_MS
    items = {item for ms, value in dated if ms > since_ms for item in _items(value)}
    hashes = np.array(sorted(map(hash64, items)), np.uint64)
    return Cover(len(hashes), int(knows(hashes).sum()))


def _items(value: bytes | None) -> set[str]:
    try:
        touch = _DECODER.decode(value or b"")
    except UNREADABLE:
        return set()
    return {line.item_id for line in (touch, *touch.lines) if line.item_id}


async def read_cover(settings: Settings, knows: Knows) -> Cover:
    """Return the cover of the newest clicks and purchases.

    Raises:
        KafkaError: the broker does not answer.
    """
    counts = {name: topic.num_partitions for name, topic in expected(settings).items()}
    topics = map(settings.topic, TOPICS)
    places = [TopicPartition(name, number) for name in topics for number in range(counts[name])]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        return cover(await _newest(consumer, places), knows)
    finally:
        await consumer.stop()


async def _newest(consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> list[Any]:
    left = await consumer.end_offsets(places)
    first = await consumer.beginning_offsets(places)
    consumer.assign(places)
    for place, end in left.items():
        consumer.seek(place, max(first[place], end - MOST))
    found: list[Any] = []
    while left:
        fetched = await consumer.getmany(timeout_ms=200)
        found += [record for records in fetched.values() for record in records]
        left = {at: end for at, end in left.items() if await consumer.position(at) < end}
    return found
