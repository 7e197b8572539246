"""Read topics from start to end as a `read_committed` consumer: what tools and checks stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.structs import ConsumerRecord

from streams.settings import Settings

LARGEST_FETCH_BYTES = 16_777_216
POLL_MS = 200

Span = dict[TopicPartition, tuple[int, int]]
"""Half-open offset ranges."""


@asynccontextmanager
async def consuming(settings: Settings, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """Yield a started consumer without subscription that commits nothing.

    Unless ``options`` of aiokafka's say otherwise it is `read_committed`.
    """
    plain = {
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "max_partition_fetch_bytes": LARGEST_FETCH_BYTES,
    }
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.broker, **{**plain, **options})
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def places(settings: Settings, topics: Iterable[str]) -> list[TopicPartition]:
    """Return the partitions of ``topics`` (full names); a topic that does not exist has none."""
    client = AIOKafkaClient(bootstrap_servers=settings.broker)
    await client.bootstrap()
    try:
        cluster = await client.fetch_all_metadata()
    finally:
        await client.close()
    return [
        TopicPartition(topic, partition)
        for topic in topics
        for partition in sorted(cluster.partitions_for_topic(topic) or ())
    ]


async def spans(consumer: AIOKafkaConsumer, wanted: list[TopicPartition]) -> Span:
    """Return what each partition holds now."""
    if not wanted:
        return {}
    first = await consumer.beginning_offsets(wanted)
    after = await consumer.end_offsets(wanted)
    return {place: (first[place], after[place]) for place in wanted}


async def read(
    consumer: AIOKafkaConsumer, wanted: Span, most: int = 1_000
) -> AsyncIterator[dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]]:
    """Yield the records of ``wanted``, at most ``most`` at a time, until every range is read."""
    left = {place: end for place, (start, end) in wanted.items() if start < end}
    consumer.assign(list(left))
    for place in left:
        consumer.seek(place, wanted[place][0])
    while left:
        fetched = await consumer.getmany(*left, timeout_ms=POLL_MS, max_records=most)
        inside = {
            place: [record for record in records if record.offset < left[place]]
            for place, records in fetched.items()
        }
        if any(inside.values()):
            yield inside
        for place in list(left):
            if await consumer.position(place) >= left[place]:
                consumer.pause(place)
                del left[place]


async def read_all(settings: Settings, *topics: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Return every committed record of ``topics`` (names without prefix), per partition in order."""
    async with consuming(settings) as consumer:
        wanted = await spans(consumer, await places(settings, map(settings.topic, topics)))
        parts = [part async for part in read(consumer, wanted)]
    return [record for part in parts for records in part.values() for record in records]
