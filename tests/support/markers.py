"""The markers of transactions in a log, which no consumer shows."""

from __future__ import annotations

import asyncio

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from streams.settings import Settings

LARGEST_BYTES = 16_777_216


def markers(settings: Settings, topic: str) -> dict[int, list[int]]:
    """Return, for each partition, the offsets at which a transaction's end still stands in its log.

    ``topic``: by its full name; it lies on the only broker, and all of it fits into one fetch.
    """
    return asyncio.run(_markers(settings, topic))


async def _markers(settings: Settings, topic: str) -> dict[int, list[int]]:
    wanted = [(partition, 0, LARGEST_BYTES) for partition in range(settings.partitions)]
    client = AIOKafkaClient(bootstrap_servers=settings.broker)
    try:
        await client.bootstrap()
        request = FetchRequest(100, 1, LARGEST_BYTES, 0, [(topic, wanted)])
        answer = await client.send(client.get_random_node(), request)
    finally:
        await client.close()
    ((_, partitions),) = answer.topics
    return {partition[0]: _offsets(partition[-1]) for partition in partitions}


def _offsets(log: bytes) -> list[int]:
    batches, found = MemoryRecords(log), list[int]()
    while batches.has_next():
        batch = batches.next_batch()
        if batch.is_control_batch:
            found += [record.offset for record in batch]
    return found
