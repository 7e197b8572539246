"""The markers of transactions in a log, which no consumer shows."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from streams.settings import Settings

LARGEST_BYTES = 16_777_216


def markers(settings: Settings, topic: str) -> dict[int, list[int]]:
    """Return, for each partition, the offsets at which a transaction's end still stands in its log.

    ``topic``: by its full name; it lies on the only broker.
    """
    return asyncio.run(_markers(settings, topic))


async def _markers(settings: Settings, topic: str) -> dict[int, list[int]]:
    client = AIOKafkaClient(bootstrap_servers=settings.broker)
    try:
        await client.bootstrap()
        return {p: await _of_partition(client, topic, p) for p in range(settings.partitions)}
    finally:
        await client.close()


async def _of_partition(client: AIOKafkaClient, topic: str, partition: int) -> list[int]:
    found, offset = list[int](), 0
    while batches := await _fetch(client, topic, partition, offset):
        offset = batches[-1].next_offset
        found += [record.offset for batch in batches if batch.is_control_batch for record in batch]
    return found


async def _fetch(client: AIOKafkaClient, topic: str, partition: int, offset: int) -> list[Any]:
    """Return the batches of one segment, from an offset on."""
    wanted = [(topic, [(partition, offset, LARGEST_BYTES)])]
    request = FetchRequest(100, 1, LARGEST_BYTES, 0, wanted)
    answer = await client.send(client.get_random_node(), request)
    ((_, ((*_, log),)),) = answer.topics
    left, batches = MemoryRecords(log), []
    while left.has_next():
        batches.append(left.next_batch())
    return batches
