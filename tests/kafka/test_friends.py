"""On a real Kafka: the optional topic of friends, and what the learner reads of the catalogue."""

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
SETTLED_S = 2.0
"""Nothing shows that a worker has read a record of catalogue or friends; it takes a fraction of this."""


def social(log, user, friends, shares):
    value = {"user_id": user, "ts": NOON_MS, "friends": friends, "shares_purchases": shares}
    log.add("social", user, value, NOON_MS)


def test_what_a_friend_bought_and_what_a_search_finds_are_offered(shop):
    it = shop(
        partitions=1, epoch_ms=10 * MINUTE_MS, consent_default="granted", quiet_start="00:00",
        quiet_end="00:00", tick_ms=60_000, social="on",
    )  # fmt: skip
    it.worker("first")
    log = Log()
    title = {"item_id": "kettle", "ts": NOON_MS, "title": "Copper kettle"}
    log.add("catalog", "kettle", title, NOON_MS)
    for item in ("lamp", "plate"):
        log.add("catalog", item, {"item_id": item, "ts": NOON_MS}, NOON_MS)
    it.send(log.records)
    time.sleep(SETTLED_S)
    log = Log()
    social(log, "bert", [], True)
    social(log, "anna", ["bert"], False)
    it.send(log.records)
    time.sleep(SETTLED_S)
    it.send([log.purchase("bert", ["lamp"], NOON_MS + MINUTE_MS)])
    it.wait(lambda: it.consumed() == 1, "the purchase")
    it.send([log.click("dora", "view", "plate", NOON_MS + 11 * MINUTE_MS)])
    it.wait(lambda: epochs(it), "the epoch")
    (epoch,) = epochs(it)
    assert (len(epoch.bought_by), len(epoch.words)) == (1, 2)
    log = Log()
    for user in ("anna", "carl"):
        log.click(user, "search", None, NOON_MS + 12 * MINUTE_MS, query="kettle")
        for k in range(3):
            log.click(user, "view", "plate", NOON_MS + 13 * MINUTE_MS + k)
    it.send(log.records)
    it.wait(lambda: {"friends_bought", "searched"} <= sources(it), "both are candidates")


def sources(it):
    decisions = it.values("decisions")
    return {name for each in decisions for one in each["candidates"] for name in one["sources"]}


def epochs(it):
    return epochs_of(asyncio.run(read_all(it.settings, "globals")))
