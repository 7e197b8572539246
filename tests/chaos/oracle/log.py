"""Read whole topics as any `read_committed` consumer does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

LARGEST_BYTES = 16_777_216


@dataclass(slots=True, frozen=True)
class Entry:
    """A record of the log."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]


def read(broker: str, topics: Iterable[str], partitions: int) -> dict[str, list[Entry]]:
    """Return every committed record of ``topics``, in the order of each partition."""
    return asyncio.run(_read(broker, list(topics), partitions))


async def _read(broker: str, topics: list[str], partitions: int) -> dict[str, list[Entry]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=LARGEST_BYTES,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, p) for topic in topics for p in range(partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: dict[str, list[Entry]] = {topic: [] for topic in topics}
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=200)).items():
                found[place.topic] += map(_entry, records)
    finally:
        await consumer.stop()
    return {
        topic: sorted(entries, key=lambda e: (e.partition, e.offset))
        for topic, entries in found.items()
    }


def _entry(record: Any) -> Entry:
    return Entry(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        dict(record.headers),
    )


def committed(broker: str, group: str) -> dict[tuple[str, int], int]:
    """Return the offsets a consumer group has committed, by (topic, partition)."""
    return asyncio.run(_committed(broker, group))


async def _committed(broker: str, group: str) -> dict[tuple[str, int], int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker, request_timeout_ms=10_000)
    try:
        await admin.start()
        found = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {(tp.topic, tp.partition): at.offset for tp, at in found.items()}


def newest(entries: Iterable[Entry]) -> dict[tuple[int, bytes], bytes]:
    """Return the compacted view: the last value of each (partition, key) that was not deleted."""
    rows: dict[tuple[int, bytes], bytes] = {}
    for entry in entries:
        key = (entry.partition, entry.key or b"")
        if entry.value is None:
            rows.pop(key, None)
        else:
            rows[key] = entry.value
    return rows
