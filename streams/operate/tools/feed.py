"""Send a log through real topics, as a shop's own producers would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.codec import has_lz4
from aiokafka.structs import RecordMetadata

from schemas.tables import SourceRecord
from streams.settings import Settings

LARGEST_REQUEST_BYTES = 16_777_216
LIVE: dict[str, Any] = {"linger_ms": 5}
"""As the Java client by itself, since Kafka 4.0: no compression, 5 ms to gather a batch."""
BULK: dict[str, Any] = {
    "linger_ms": 5, "max_batch_size": 262_144, "compression_type": "lz4" if has_lz4() else None,
}  # fmt: skip
UNCONFIRMED = 5_000
"""Records on their way to the broker before we wait for its confirmation."""

Sent = Callable[[SourceRecord, RecordMetadata, float], None]
"""Told of each stored record: it, where it lies, and the `time.monotonic` when it was due to go.

At a fixed rate that is its place in the schedule, so that falling behind counts as latency.
"""


@asynccontextmanager
async def producing(settings: Settings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """Yield a started idempotent producer that partitions by key as the Java client does."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.broker,
        enable_idempotence=True,
        max_request_size=LARGEST_REQUEST_BYTES,
        **options,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def feed(
    settings: Settings,
    records: Iterable[SourceRecord],
    rate_per_s: float | None = None,
    sent: Sent | None = None,
) -> int:
    """Send ``records`` (topics without prefix) in order and return how many the broker stored.

    Their own time stays the Kafka timestamp; the broker chooses no partition, the key does.
    ``rate_per_s`` None: as fast as it goes.

    Raises:
        KafkaError: a record was refused or the broker is gone.
    """
    count, pending = 0, []
    async with producing(settings, **(LIVE if rate_per_s else BULK)) as producer:
        began = time.monotonic()
        for record in records:
            due = began + count / rate_per_s if rate_per_s else time.monotonic()
            await _until(due)
            stored = await producer.send(
                settings.topic(record.topic), record.value, record.key,
                timestamp_ms=record.timestamp_ms, headers=list(record.headers),
            )  # fmt: skip
            pending.append((record, stored, due))
            count += 1
            if len(pending) >= UNCONFIRMED:
                pending = await _confirm(pending, sent)
        await _confirm(pending, sent)
    return count


async def _until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        await asyncio.sleep(wait)


async def _confirm(
    pending: list[tuple[SourceRecord, asyncio.Future[RecordMetadata], float]], sent: Sent | None
) -> list[Any]:
    for record, stored, due in pending:
        place = await stored
        if sent:
            sent(record, place, due)
    return []
