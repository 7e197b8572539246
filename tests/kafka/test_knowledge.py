"""Shared knowledge on a real broker: read before the first batch, learned by one, numbered once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from support.epochs import epochs_of

pytestmark = pytest.mark.kafka

EPOCH_MS = 60_000
KNOWING = {"app": "knowing_app", "KAIROS_EPOCH_MS": str(EPOCH_MS), "KAIROS_TICK_MS": "60000"}


async def _send(deployment: Any, topic: str, records: list[tuple[bytes, bytes, int]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.broker)
    await producer.start()
    for key, value, ts in records:
        await producer.send_and_wait(
            deployment.settings.topic(topic), value, key=key, timestamp_ms=ts
        )
    await producer.stop()


def send(deployment: Any, topic: str, *records: tuple[bytes, bytes, int]) -> None:
    asyncio.run(_send(deployment, topic, list(records)))


def click(deployment: Any, ts: int) -> None:
    """One event, and the wait until it is processed: a batch of its own."""
    before = len(known(deployment))
    send(deployment, "clicks", (b"u1", b"e", ts))
    deployment.wait_for(lambda: len(known(deployment)) > before)


def known(deployment: Any) -> list[tuple[int, ...]]:
    """(catalogue version, epoch number) at each event."""
    records = deployment.read(deployment.settings.topic("decisions"))
    return [tuple(map(int, record.value.split(b","))) for record in records]


def epochs(deployment: Any) -> list[tuple[int, int, int]]:
    """(number, holds from, signals it was made of), as on the topic."""
    records = deployment.read(deployment.settings.topic("globals"), partitions=1)
    assert {record.key for record in records} <= {b"epoch/0", b"publisher"}
    return [(e.number, e.holds_from_ms, e.categories_of[1]) for e in epochs_of(records)]


def test_the_first_batch_knows_the_whole_catalogue(deployment) -> None:
    items = [(b"i%d" % n, b"item", 0) for n in range(500)]
    send(deployment, "catalog", *items, (b"i", b"bad", 0))
    send(deployment, "clicks", (b"u1", b"e", 1_000))
    deployment.start(**KNOWING)
    deployment.wait_for(lambda: known(deployment) != [])
    assert known(deployment) == [(500, 0)]
    assert "cannot be read" in deployment.log().read_text()


def test_epochs_are_numbered_on_and_none_is_published_twice(deployment) -> None:
    base = 1_700_000_000_000 // EPOCH_MS * EPOCH_MS
    worker = deployment.start(**KNOWING)
    for minute in (0, 0.5, 1, 1.5, 3):
        click(deployment, base + int(minute * EPOCH_MS))
    first, second, third = (base + n * EPOCH_MS for n in (1, 3, 4))
    expected = [(first, first, 2), (second, second, 4)]
    deployment.wait_for(lambda: epochs(deployment) == expected)
    worker.kill()
    worker.wait()

    deployment.start("b", **KNOWING)
    click(deployment, base + int(3.5 * EPOCH_MS))
    assert known(deployment)[-1] == (0, second)
    click(deployment, base + 4 * EPOCH_MS)
    expected.append((third, third, 6))
    deployment.wait_for(lambda: epochs(deployment) == expected)


def test_two_workers_have_one_learner(deployment) -> None:
    base = 1_700_000_000_000 // EPOCH_MS * EPOCH_MS
    for home in ("a", "b"):
        deployment.start(home, **KNOWING)
    for home in ("a", "b"):
        deployment.wait_for(lambda home=home: "Worker ready" in deployment.log(home).read_text())
    for minute in range(4):
        click(deployment, base + minute * EPOCH_MS)
    deployment.wait_for(lambda: len(epochs(deployment)) == 3)
    time.sleep(1.5)
    boundaries = [base + n * EPOCH_MS for n in (1, 2, 3)]
    assert [number for number, _, _ in epochs(deployment)] == boundaries
