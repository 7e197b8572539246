"""A producer may call a header by any bytes; the partition goes on, and so do all its readers."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.producer import message_accumulator, producer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from support.records import Log, at

from schemas.tables import SourceRecord
from streams.settings import Settings

pytestmark = pytest.mark.kafka

T0_MS = at("2026-03-20T10:00:00+00:00")


class Latin(str):
    """Text that aiokafka's producer writes as Latin-1, as a careless C program would."""

    def encode(self, *_: object) -> bytes:
        return str.encode(self, "latin-1")


async def send(settings: Settings, records: list[SourceRecord]) -> None:
    sender = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await sender.start()
    for record in records:
        await sender.send_and_wait(
            settings.topic(record.topic), record.value, record.key,
            timestamp_ms=record.timestamp_ms, headers=[(Latin("größe"), b"x")],
        )  # fmt: skip
    await sender.stop()


def test_a_header_name_that_is_no_utf8_ends_no_worker_and_costs_no_event(shop, monkeypatch):
    # the builder in C takes no class of str but str
    for module in (message_accumulator, producer):
        monkeypatch.setattr(module, "DefaultRecordBatchBuilder", _DefaultRecordBatchBuilderPy)
    it = shop(consent_default="granted")
    worker, log = it.worker("first"), Log()
    for n in range(30):
        log.click(f"user-{n}", "view", "kettle", T0_MS + n * 1_000)
    asyncio.run(send(it.settings, log.records[:10]))
    item = {"item_id": "kettle", "ts": T0_MS}
    asyncio.run(send(it.settings, [Log().add("catalog", "kettle", item, T0_MS)]))
    it.send(log.records[10:])
    it.wait(lambda: it.consumed() == 30, "all of them", 60)
    assert it.changelog()[0].counts()["accepted"] == 30
    assert worker.stop() == 0
