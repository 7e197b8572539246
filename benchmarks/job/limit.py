"""The physical limit: fetch, decode and produce what a worker did, and do nothing else.

The same client (aiokafka), the same input, the very bytes the worker wrote (changelog included),
in transactions of as many records.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks.job.stand import INPUTS, Deployment
from schemas.events import Click, Context, Purchase
from streams.engine.producer import MAX_BATCH_BYTES, compression
from streams.operate.tools.reading import read_all

TYPES = {"clicks": Click, "purchases": Purchase, "context": Context}
OUTPUTS = ("decisions", "recommendations", "suppressions", "signals")

Written = dict[TopicPartition, list[tuple[bytes | None, bytes | None]]]


def limit(made: Deployment, cpu_us_per_event: float) -> dict[str, float]:
    """Return the CPU time an event of the raw loop takes, and the share of ours that it is."""
    found = asyncio.run(_limit(made))
    return {
        **found,
        "limit_events_per_cpu_s": 1e6 / found["limit_cpu_us_per_event"],
        "limit_share": found["limit_cpu_us_per_event"] / cpu_us_per_event,
    }


async def _limit(made: Deployment) -> dict[str, float]:
    written = await _written(made)
    records = sum(map(len, written.values()))
    size = sum(len(v or b"") for rows in written.values() for _, v in rows)
    consumer, producer = _clients(made)
    await consumer.start()
    await producer.start()
    try:
        began_s = time.process_time()
        events = await _decode_all(consumer, made)
        decoded_s = time.process_time()
        batches = max(events // made.settings.batch_records, 1)
        await _produce_all(producer, written, batches)
        ended_s = time.process_time()
    finally:
        await consumer.stop()
        await producer.stop()
    return {
        "written_records_per_event": records / events,
        "written_bytes_per_event": size / events,
        "limit_fetch_decode_us_per_event": 1e6 * (decoded_s - began_s) / events,
        "limit_produce_us_per_event": 1e6 * (ended_s - decoded_s) / events,
        "limit_cpu_us_per_event": 1e6 * (ended_s - began_s) / events,
    }


async def _written(made: Deployment) -> Written:
    topics = [made.settings.topic(name) for name in OUTPUTS] + [made.changelog]
    found: Written = {}
    for record in await read_all(made.bare(), *topics):
        place = TopicPartition(record.topic, record.partition)
        found.setdefault(place, []).append((record.key, record.value))
    return found


def _clients(made: Deployment) -> tuple[AIOKafkaConsumer, AIOKafkaProducer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=made.settings.broker,
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=made.settings.broker,
        transactional_id=f"{made.settings.app_id}-limit",
        compression_type=compression(),
        max_batch_size=MAX_BATCH_BYTES,
    )
    return consumer, producer


async def _decode_all(consumer: AIOKafkaConsumer, made: Deployment) -> int:
    """Fetch and decode the input; return how many records it has."""
    tps = made.places(*INPUTS)
    consumer.assign(tps)
    await consumer.seek_to_beginning(*tps)
    ends = await consumer.end_offsets(tps)
    decoders = {made.settings.topic(n): msgspec.json.Decoder(t) for n, t in TYPES.items()}
    done, wanted = 0, sum(ends.values())
    while done < wanted:
        for tp, records in (await consumer.getmany(timeout_ms=200, max_records=10_000)).items():
            decode = decoders[tp.topic].decode
            for record in records:
                decode(record.value)
            done += len(records)
    return done


async def _produce_all(producer: AIOKafkaProducer, written: Written, batches: int) -> None:
    """Write it all again, each partition's share of a batch in each transaction."""
    sources = {tp: iter(rows) for tp, rows in written.items()}
    share = {tp: -(-len(rows) // batches) for tp, rows in written.items()}
    for _ in range(batches):
        await producer.begin_transaction()
        sent: list[Any] = []
        for tp, rows in sources.items():
            sent += await _send(producer, tp, islice(rows, share[tp]))
        await asyncio.gather(*sent)
        await producer.commit_transaction()


async def _send(producer: AIOKafkaProducer, tp: TopicPartition, rows: Iterator[Any]) -> list[Any]:
    sent = []
    builder = producer.create_batch()
    for key, value in rows:
        if builder.append(key=key, value=value, timestamp=None, headers=[]) is None:
            sent.append(await _submit(producer, builder, tp))
            builder = producer.create_batch()
            builder.append(key=key, value=value, timestamp=None, headers=[])
    if builder.record_count():
        sent.append(await _submit(producer, builder, tp))
    return sent


async def _submit(producer: AIOKafkaProducer, builder: Any, tp: TopicPartition) -> Any:
    builder.close()
    return await producer.send_batch(builder, tp.topic, partition=tp.partition)
