"""A price falls on a real Kafka: who looked at the item hears of it once, though workers are killed."""

from __future__ import annotations

import asyncio
import time

import pytest
from support.epochs import epochs_of
from support.records import Log, at

from streams.operate.tools.reading import read_all

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
EPOCH_MS = 10 * MINUTE_MS
SETTLED_S = 2.0
"""Nothing shows that a worker has read a catalogue record; it takes a fraction of this."""


def catalogue(it, minute, item, **more):
    log = Log()
    record = {"item_id": item, "ts": NOON_MS + minute * MINUTE_MS, "currency": "EUR"} | more
    log.add("catalog", item, record, record["ts"])
    it.send(log.records)
    time.sleep(SETTLED_S)


def epochs(it):
    return epochs_of(asyncio.run(read_all(it.settings, "globals")))


def news(it, topic):
    return [v for v in it.values(topic) if _kind(v) in ("price_drop", "restock", "new_arrival")]


def _kind(value):
    trigger = value["trigger"]
    return trigger["kind"] if isinstance(trigger, dict) else trigger


def test_a_lower_price_is_told_once_to_who_looked_at_the_item(shop):
    it = shop(
        partitions=1, epoch_ms=EPOCH_MS, consent_default="granted", quiet_start="00:00",
        quiet_end="00:00", session_timeout_ms=3_000, tick_ms=60_000,
    )  # fmt: skip
    doomed = it.worker("first")
    log = Log()
    catalogue(it, 0, "kettle", price_minor=3000)
    it.send([log.click("anna", "view", "kettle", NOON_MS + MINUTE_MS)])
    it.send([log.click("bert", "view", "cup", NOON_MS + 11 * MINUTE_MS)])
    it.wait(lambda: len(epochs(it)) == 1, "the first epoch: what is known then is no news")
    catalogue(it, 12, "kettle", price_minor=2000)
    it.send([log.click("bert", "view", "cup", NOON_MS + 21 * MINUTE_MS)])
    it.wait(lambda: len(epochs(it)) == 2, "the epoch that tells of it")
    assert [len(epoch.wakes.users) for epoch in epochs(it)] == [0, 8]
    it.send([log.click("dora", "view", "plate", NOON_MS + 22 * MINUTE_MS)])
    it.wait(lambda: it.consumed() == 4, "the epoch is adopted")
    doomed.kill()

    it.worker("second")
    it.send([log.click("dora", "view", "plate", NOON_MS + 40 * MINUTE_MS)])
    it.wait(lambda: news(it, "recommendations"), "the push")
    it.send([log.click("dora", "view", "plate", NOON_MS + 61 * MINUTE_MS)])
    it.wait(lambda: len(epochs(it)) >= 3, "an epoch of the second learner")
    it.send([log.click("dora", "view", "plate", NOON_MS + 90 * MINUTE_MS)])
    it.wait(lambda: it.consumed() == 7, "the end")
    (push,) = news(it, "recommendations")
    assert (push["subscriber_id"], push["items"][0]["item_id"]) == ("anna", "kettle")
    assert push["reason_codes"][0] == "price_drop"
    (decision,) = news(it, "decisions")
    assert decision["trigger"]["due_ms"] >= NOON_MS + 20 * MINUTE_MS
    assert all(not epoch.wakes.users for epoch in epochs(it)[2:])
