"""Whatever lies on the topics that all workers share: the worker lives, learns and decides on."""

from __future__ import annotations

import asyncio
import re

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from support.epochs import epochs_of
from support.records import Log, at

from schemas.globals import Epoch, Signals
from streams.operate.tools.reading import read_all

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
FAR_MS = 2**62
USERS, EACH = 40, 10


def signals(**more):
    columns = dict.fromkeys(("users", "items", "categories", "types", "ts_ms"), b"")
    told = {"schema_version": 1, "partition": 0, "stream_ms": NOON_MS, "names": {}}
    return msgspec.msgpack.encode(Signals(**(told | columns | more)))


def far_epoch():
    return msgspec.msgpack.encode(Epoch(number=FAR_MS, holds_from_ms=FAR_MS))


ODD = [b"", b"\xc1", b"\x00" * 64, b"[" * 100_000, b"{}", b"\x91" * 5_000, b"\xff" * 1_000, None]
BY_TOPIC = {
    "catalog": [(key, value) for key in (b"", b"\xff\xfe", b"kettle") for value in ODD],
    "globals": [
        (key, value)
        for key in (b"", b"epoch", b"epoch/0", b"epoch/x", b"publisher")
        for value in [*ODD, far_epoch(), msgspec.msgpack.encode({"number": 1})]
    ],
    "signals": [
        (key, value)
        for key in (None, b"odd")
        for value in [
            *ODD, signals(users=b"123"), signals(partition=-1), signals(stream_ms=FAR_MS),
            signals(stream_ms=-1), signals(unshared=b"1234567"), signals(names={-1: "odd"}),
        ]
    ],
    "ticks": [(key, value) for key in (None, b"odd") for value in ODD],
}  # fmt: skip


async def put(it):
    producer = AIOKafkaProducer(bootstrap_servers=it.settings.broker)
    await producer.start()
    for topic, records in BY_TOPIC.items():
        for key, value in records:
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=NOON_MS)
            await (await producer.send_batch(batch, it.settings.topic(topic), partition=0))
    await producer.stop()


def boundaries(it):
    """When the sound epochs on the topic hold from."""
    found = epochs_of(asyncio.run(read_all(it.settings, "globals")))
    return {epoch.holds_from_ms for epoch in found if epoch.holds_from_ms < FAR_MS}


def events(log, minute):
    start_ms = NOON_MS + minute * MINUTE_MS
    return [
        log.click(f"u{n % USERS}", "view", f"i{n % 7}", start_ms + n) for n in range(USERS * EACH)
    ]


def test_odd_records_on_shared_topics_end_no_worker(shop):
    it = shop(partitions=2, epoch_ms=10 * MINUTE_MS, consent_default="granted", tick_ms=60_000)
    log = Log()
    asyncio.run(put(it))
    worker = it.worker("first")
    it.send(events(log, 1))
    it.wait(lambda: it.consumed() == USERS * EACH, "events after what lay there at the start")
    asyncio.run(put(it))
    it.send(events(log, 12))
    it.wait(lambda: it.consumed() == 2 * USERS * EACH, "400 events after what came in work")
    it.wait(lambda: NOON_MS + 10 * MINUTE_MS in boundaries(it), "an epoch")
    it.send(events(log, 23))
    it.wait(lambda: it.consumed() == 3 * USERS * EACH, "and 400 more")
    it.wait(lambda: NOON_MS + 20 * MINUTE_MS in boundaries(it), "a later epoch")
    worker.check()
    told = (it.folder / "first.log").read_text()
    for topic in ("catalog", "globals", "signals"):
        assert re.search(rf"{re.escape(it.settings.topic(topic))}\[0\]@\d+ skipped: ", told)
