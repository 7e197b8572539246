"""Kafka clients of the engine that take no part in the batches' transactions."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.tables import SourceRecord
from streams.engine.topics import expected
from streams.settings import Settings

FETCH_BYTES = 8 * 1024 * 1024
"""Of a partition at once: an epoch in parts, or one record of an earlier build's."""


def plain_producer(settings: Settings) -> AIOKafkaProducer:
    """Return a producer (not started) that repeats nothing and loses nothing."""
    return AIOKafkaProducer(bootstrap_servers=settings.broker, enable_idempotence=True)


def transactional_producer(settings: Settings, name: str) -> AIOKafkaProducer:
    """Return a producer (not started) that fences older ones of the same ``name``."""
    return AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id=name)


def source_record(record: Any) -> SourceRecord:
    """Return a record of aiokafka's as one of ours."""
    headers = tuple((name, value or b"") for name, value in record.headers)
    return SourceRecord(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value,
        headers,
    )  # fmt: skip


class Tail:
    """Reads whole topics from their beginning, without a group, committed records only."""

    def __init__(self, settings: Settings, *topics: str) -> None:
        """Read ``topics`` (full names) with as many partitions as the worker's start made sure."""
        counts = {name: topic.num_partitions for name, topic in expected(settings).items()}
        self._tps = [TopicPartition(topic, p) for topic in topics for p in range(counts[topic])]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.broker,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=1_000,
        )
        self._ends: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        """Assign all partitions and note where they end now."""
        await self._consumer.start()
        self._consumer.assign(self._tps)
        await self._consumer.seek_to_beginning(*self._tps)
        self._ends = await self._consumer.end_offsets(self._tps)

    def seek(self, topic: str, offset: int) -> None:
        """Read a topic's first partition from there on; from its beginning where that is no more."""
        self._consumer.seek(TopicPartition(topic, 0), offset)

    async def stop(self) -> None:
        """Close the consumer."""
        await self._consumer.stop()

    async def is_caught_up(self) -> bool:
        """Whether everything has been read that was there at the start."""
        for tp in [
            tp for tp, end in self._ends.items() if await self._consumer.position(tp) >= end
        ]:
            del self._ends[tp]
        return not self._ends

    async def lags(self, topic: str) -> bool:
        """Whether a topic is known to have more than was read."""
        mine = [tp for tp in self._tps if tp.topic == topic]
        ends = [(tp, self._consumer.last_stable_offset(tp)) for tp in mine]
        known = [(tp, end) for tp, end in ends if end is not None]
        return any([await self._consumer.position(tp) < end for tp, end in known])

    async def read(self, timeout_ms: int) -> list[Any]:
        """Return the next records (aiokafka's), at most those of one fetch."""
        fetched = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=2_000)
        return [record for records in fetched.values() for record in records]
