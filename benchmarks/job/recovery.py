"""Recovery: a worker with an empty disk reads a million users from the changelog, then goes on."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition

from benchmarks.growth.seed import seeded, template
from benchmarks.job.stand import Deployment, Progress, Stand, Watched, say
from benchmarks.job.stream import made_up_stream
from benchmarks.runs import repeated
from schemas.tables import SourceRecord
from streams.engine.producer import MAX_BATCH_BYTES, compression
from streams.offline.replay import partition_of
from streams.state.store import USER

USERS, DAYS = 1_000_000, 1
TRAFFIC = 200_000


def recovery(stand: Stand) -> dict[str, Any]:
    """CPU is that from the first row on: a start without any state is taken off."""
    return repeated(lambda number: _run(stand, f"recovery-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    with stand.deployment(f"{name}-nothing") as made:
        nothing = asyncio.run(_start(made))
    with stand.deployment(name) as made:
        seeded_rows, row_bytes = asyncio.run(_seed(made))
        found = asyncio.run(_start(made, TRAFFIC))
    cpu_s = found["start_cpu_s"] - nothing["start_cpu_s"]
    return {
        "users": USERS,
        "rows": seeded_rows,
        "row_bytes_mean": row_bytes,
        "rows_per_cpu_s": seeded_rows / cpu_s,
        "recovery_cpu_s": cpu_s,
        "recovery_wall_s": found["start_wall_s"] - nothing["start_wall_s"],
        "start_without_state_cpu_s": nothing["start_cpu_s"],
        "rss_recovered_mb": found["rss_mb"],
        "rss_under_traffic_mb": found["rss_traffic_mb"],
        "peak_rss_mb": found["peak_rss_mb"],
    }


async def _start(made: Deployment, events: int = 0) -> dict[str, float]:
    """Start with an empty disk; the first output tells that the state is there."""
    one_each = _one_event_a_partition(made)
    await asyncio.to_thread(made.feed, one_each)
    async with made.progress() as progress:
        with made.worker() as worker:
            ready_s = await progress.wait(len(one_each), worker)
            found = {
                "start_cpu_s": worker.cpu_s(),
                "start_wall_s": ready_s - worker.began_s,
                "rss_mb": worker.rss_mb(),
            }
            say(
                f"first output after {found['start_wall_s']:.1f} s, {found['start_cpu_s']:.1f} CPU-s"
            )
            if events:
                found |= await _traffic(made, progress, worker, events, len(one_each))
    return found


async def _traffic(
    made: Deployment, progress: Progress, worker: Watched, events: int, before: int
) -> dict[str, float]:
    """Let events of all users go through: the cache fills, the memory settles."""
    await asyncio.to_thread(made.feed, made_up_stream(events, USERS))
    await progress.wait(before + events, worker)
    return {"rss_traffic_mb": worker.rss_mb(), "peak_rss_mb": worker.peak_rss_mb()}


def _one_event_a_partition(made: Deployment) -> list[SourceRecord]:
    """The first event of the stream for each partition."""
    count, found = made.settings.partitions, {}
    for record in made_up_stream(1_000, USERS):
        if record.topic == "clicks":
            found.setdefault(partition_of(record.key, count), record)
    return list(found.values())


async def _seed(made: Deployment) -> tuple[int, float]:
    """Write the rows of all users to the changelog; return how many, and their mean size."""
    began_s, rows, size = time.monotonic(), 0, 0
    producer = AIOKafkaProducer(
        bootstrap_servers=made.settings.broker,
        compression_type=compression(),
        max_batch_size=MAX_BATCH_BYTES,
        linger_ms=50,
    )
    await producer.start()
    try:
        builders = _Builders(producer, made)
        settings = msgspec.structs.replace(made.settings, partitions=1, topic_prefix="")
        for piece in seeded(template(settings), USERS, DAYS):
            users = {key: row for key, row in piece.items() if key.startswith(USER)}
            for key, row in users.items():
                await builders.add(partition_of(b"u%d" % rows, made.settings.partitions), key, row)
                rows, size = rows + 1, size + len(row)
            if not users:  # the dictionary: every partition has one
                for partition in range(made.settings.partitions):
                    for key, row in piece.items():
                        await builders.add(partition, key, row)
        await builders.flush()
    finally:
        await producer.stop()
    say(f"{rows:,} rows of {size / rows:,.0f} bytes written in {time.monotonic() - began_s:.0f} s")
    return rows, size / rows


class _Builders:
    """Batches under way, one a partition of the changelog."""

    def __init__(self, producer: AIOKafkaProducer, made: Deployment) -> None:
        self._producer, self._topic = producer, made.changelog
        self._open = {p: producer.create_batch() for p in range(made.settings.partitions)}
        self._sent: list[Any] = []

    async def add(self, partition: int, key: bytes, value: bytes) -> None:
        """Append a row; a full batch is sent."""
        if self._append(partition, key, value) is None:
            await self._send(partition)
            self._append(partition, key, value)

    async def flush(self) -> None:
        """Send what is left, and wait for the broker."""
        for partition in self._open:
            await self._send(partition)
        await asyncio.gather(*self._sent)

    def _append(self, partition: int, key: bytes, value: bytes) -> Any:
        return self._open[partition].append(key=key, value=value, timestamp=None)

    async def _send(self, partition: int) -> None:
        batch, self._open[partition] = self._open[partition], self._producer.create_batch()
        if batch.record_count():
            batch.close()
            place = TopicPartition(self._topic, partition)
            self._sent.append(
                await self._producer.send_batch(batch, place.topic, partition=place.partition)
            )
