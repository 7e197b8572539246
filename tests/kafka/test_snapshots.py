"""Signals that are older than the newest snapshot may go: a new learner knows the same."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from support.epochs import epochs_of
from support.records import Log, at

from streams.engine.skipped import Skipped
from streams.engine.snapshots import read_newest
from streams.operate.tools.reading import read_all

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000


def epochs(it):
    return epochs_of(asyncio.run(read_all(it.settings, "globals")))


def snapshot(it):
    _, newest = asyncio.run(read_newest(it.settings, Skipped(print)))
    return newest


async def forget_signals(it, before):
    admin = AIOKafkaAdminClient(bootstrap_servers=it.settings.broker)
    await admin.start()
    place = TopicPartition(it.settings.topic("signals"), 0)
    await admin.delete_records({place: RecordsToDelete(before_offset=before)})
    await admin.close()


def looks(it, log, minute):
    it.send(
        [
            log.click(f"u{n}", "view", item, NOON_MS + minute * MINUTE_MS + n)
            for n in range(12)
            for item in ("kettle", "cup")
        ]
    )


def test_a_learner_whose_old_signals_are_gone_knows_names_and_trends(shop):
    it = shop(partitions=1, epoch_ms=10 * MINUTE_MS, consent_default="granted", tick_ms=60_000)
    first, log = it.worker("first"), Log()
    looks(it, log, 1)
    it.send([log.click("dora", "view", "plate", NOON_MS + 11 * MINUTE_MS)])
    it.wait(lambda: len(epochs(it)) == 1, "an epoch")
    before, kept = epochs(it)[0], snapshot(it)
    assert kept.holds_from_ms == before.holds_from_ms
    first.kill()
    asyncio.run(forget_signals(it, kept.next_offset))

    it.worker("second")
    it.send([log.click("dora", "view", "plate", NOON_MS + 21 * MINUTE_MS)])
    it.wait(lambda: len(epochs(it)) == 2, "an epoch of the second learner")
    after = epochs(it)[1]
    assert set(before.names.items()) <= set(after.names.items())
    assert {"kettle", "cup"} <= set(after.names.values())
    assert len(after.trending[0]) == len(before.trending[0]) + 8, "and the plate"
    assert after.neighbours == before.neighbours
