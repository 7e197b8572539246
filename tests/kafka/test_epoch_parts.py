"""Epochs of many parts on a broker with stock limits; those of earlier builds are read."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from support.epochs import epochs_of

from schemas.globals import Epoch
from schemas.parts import PART_BYTES, Collector
from streams.engine.client import Tail, transactional_producer
from streams.engine.publishing import Place, publish

pytestmark = pytest.mark.kafka


def epoch(number, size):
    packed = random.Random(number).randbytes(size)
    return msgspec.msgpack.encode(
        Epoch(number=number, holds_from_ms=number, trending=(packed, b""))
    )


async def write(settings):
    topic = settings.topic("globals")
    plain = AIOKafkaProducer(bootstrap_servers=settings.broker, max_request_size=2**23)
    await plain.start()
    await plain.send_and_wait(topic, epoch(5, 100), key=b"epoch", partition=0)
    await plain.stop()
    producer = transactional_producer(settings, "parts")
    await producer.start()
    place = Place(topic, "epoch", Collector("epoch"))
    place.there.take(b"epoch", b"of an earlier build")
    for number, size in ((1_000, 4 * PART_BYTES), (2_000, 10)):
        await publish(producer, number, [(place, epoch(number, size))])
    await producer.stop()


async def read(settings):
    tail = Tail(settings, settings.topic("globals"))
    await tail.start()
    found = []
    while not await tail.is_caught_up():
        found += await tail.read(timeout_ms=200)
    await tail.stop()
    return found


def test_an_epoch_of_five_parts_passes_a_stock_broker_and_leaves_nothing_behind(deployment):
    asyncio.run(write(deployment.settings))
    records = asyncio.run(read(deployment.settings))
    assert [each.number for each in epochs_of(records)] == [5, 1_000, 2_000]
    kept = {record.key: record.value for record in records}
    assert {key for key, value in kept.items() if value is not None} == {b"epoch/0"}
