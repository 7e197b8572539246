"""Thousands of timers due at once, fired in slices by workers that are killed between two of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from support.records import Log

from streams.operate.tools.feed import feed
from streams.state.marker import Marker
from streams.state.store import MARKER, TIMER

pytestmark = pytest.mark.kafka

USERS = 8_000
HOUR_MS = 3_600_000
ASKED = {
    "SLICE_TIMERS": "25",
    "KAIROS_SECRET": "many timers at once",
    "KAIROS_CONSENT_DEFAULT": "granted",
    "KAIROS_SESSION_TIMEOUT_MS": "3000",
}


def carts(began_ms: int) -> Log:
    """Carts of all users within 25 ms."""
    log = Log()
    for number in range(USERS):
        log.click(f"user{number}", "cart", f"item{number % 50}", began_ms + number * 25 // USERS)
    return log


async def let_time_pass(settings, until_ms: int) -> None:
    """One tick a partition: all timers are due before it."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    for partition in range(settings.partitions):
        await producer.send_and_wait(
            settings.topic("ticks"), b"{}", partition=partition, timestamp_ms=until_ms
        )
    await producer.stop()


def markers(deployment) -> list[Marker]:
    rows = deployment.changelog()
    packed = [row for key, row in rows.items() if key.split(b"|")[-1] == MARKER]
    return [msgspec.msgpack.decode(row, type=Marker) for row in packed]


def consumed(deployment) -> int:
    return sum(marker.counts.get("consumed", 0) for marker in markers(deployment))


def decisions(deployment) -> list[dict]:
    records = deployment.read(deployment.settings.topic("decisions"))
    return [msgspec.json.decode(record.value) for record in records]


def test_each_fires_once_though_the_worker_is_killed_between_two_slices(deployment) -> None:
    settings, began_ms = deployment.settings, time.time_ns() // 1_000_000 - 10 * HOUR_MS
    asyncio.run(feed(settings, carts(began_ms).records))
    doomed = deployment.start("a", app="slicing_app", **ASKED)
    deployment.wait_for(lambda: consumed(deployment) >= USERS, 90)
    assert decisions(deployment) == []
    asyncio.run(let_time_pass(settings, began_ms + 5 * HOUR_MS))

    for home in ("a", "b"):  # b reads everything from the changelog
        before = len(decisions(deployment))
        deployment.wait_for(lambda before=before: len(decisions(deployment)) > before + 200, 90)
        doomed.kill()
        doomed.wait()
        midway = [marker for marker in markers(deployment) if marker.fired]
        assert midway, "no partition was between two slices"
        assert max(marker.stream_ms for marker in midway) < began_ms + HOUR_MS
        assert len(decisions(deployment)) < USERS
        doomed = deployment.start(home, app="slicing_app", **ASKED)

    deployment.wait_for(lambda: len(decisions(deployment)) >= USERS, 120)
    deployment.wait_for(lambda: not any(marker.fired for marker in markers(deployment)), 60)
    fired = Counter(each["user"] for each in decisions(deployment))
    assert (len(fired), max(fired.values())) == (USERS, 1)
    counts: Counter[str] = Counter()
    for marker in markers(deployment):
        assert marker.stream_ms >= began_ms + 5 * HOUR_MS
        counts.update(marker.counts)
    assert counts["decided"] == USERS == counts["recommended"] + counts["suppressed"]
    index = [key for key in deployment.changelog() if key[1:].startswith(b"|" + TIMER)]
    assert len(index) == USERS
    assert not any(map(deployment.changelog().get, index)), "a timer is left"


async def committed(broker: str, group: str, tp: TopicPartition) -> int | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        return await consumer.committed(tp)
    finally:
        await consumer.stop()


def test_of_the_offsets_that_a_transaction_sends_the_broker_commits_the_last(deployment) -> None:
    """What a transaction that covers less than it was opened with rests on."""
    tp, group = TopicPartition(deployment.settings.topic("clicks"), 0), "shorter"

    async def send() -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=deployment.settings.broker, transactional_id="shorter"
        )
        await producer.start()
        async with producer.transaction():
            for at in (9, 4):
                await producer.send_offsets_to_transaction({tp: OffsetAndMetadata(at, "")}, group)
        await producer.stop()

    asyncio.run(send())
    assert asyncio.run(committed(deployment.settings.broker, group, tp)) == 4
