"""Values in parts onto compacted topics, several in one transaction: all whole, or none there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from schemas.parts import Collector, split


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lies: a topic (full name), the name of its parts, and what of it is there."""

    topic: str
    name: str
    there: Collector


async def publish(producer: Any, number: int, values: Iterable[tuple[Place, bytes]]) -> None:
    """Write values, each in place of the one before it; ``number`` tells their parts from those.

    Raises:
        KafkaError: nothing of it is committed, or the producer was fenced.
        ValueError: a value is larger than its parts may be; nothing is committed.
    """
    async with producer.transaction():
        for place, value in values:
            records = await asyncio.to_thread(split, place.name, number, value)
            surplus = dict.fromkeys(place.there.surplus(records))
            # aiokafka would commit even if the broker refused a record: wait for each
            for key, record in {**records, **surplus}.items():
                await producer.send_and_wait(place.topic, record, key=key, partition=0)
            place.there.keys = set(records)
