"""On a real Kafka with its stock limits: records that once ended every worker, each only itself."""

from __future__ import annotations

import asyncio

import pytest
from support.epochs import epochs_of
from support.records import Log, at

from schemas.tables import SourceRecord
from streams.operate.tools.reading import read_all
from streams.shared.sizes import LARGEST_BYTES

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
STOCK_LIMIT = 1_048_588
ORDERS, LINES, FURTHER = 2_000, 20, 400


def hostile() -> Log:
    """A size that is no number, a segment that looks like a cell, a return before any order, a huge
    key, and orders whose signals are larger than a broker takes.
    """
    log = Log()
    log.add("catalog", "lamp", {"item_id": "lamp", "ts": NOON_MS, "size": "1.2.3x4x5"}, NOON_MS)
    told = {"user_id": "anna", "ts": NOON_MS, "segments": ["507f1f77bcf86cd799439011"]}
    log.add("profiles", "anna", told, NOON_MS)
    for n in range(3):
        log.click("anna", "view", "lamp", NOON_MS + n)
    shares = {"user_id": "bert", "ts": NOON_MS, "friends": [], "shares_purchases": True}
    log.add("social", "bert", shares, NOON_MS)
    log.purchase("bert", ["rug"], NOON_MS + 5, status="returned")
    log.records.append(
        SourceRecord("clicks", 0, 0, NOON_MS + 6, b"k" * 1_000_000, b"{}", (("h", b"v" * 40_000),))
    )
    for n in range(ORDERS):
        items = [f"{n}-{k}-{'x' * 40}" for k in range(LINES)]
        log.purchase(f"u{n}", items, NOON_MS + 10 + n, event_id=f"o{n}")
    return log


def epochs(it):
    return epochs_of(asyncio.run(read_all(it.settings, "globals")))


def test_the_worker_goes_on_and_a_new_one_too(shop):
    it = shop(partitions=1, epoch_ms=10 * MINUTE_MS, tick_ms=60_000, social="on")
    it.send(hostile().records)
    first = it.worker("first")
    before = 3 + 1 + 1 + ORDERS
    it.wait(lambda: it.consumed() == before, "the hostile records")
    log = Log()
    for n in range(FURTHER):
        ts_ms = NOON_MS + (11 + n // 40) * MINUTE_MS + n
        log.click(f"v{n}", "view", "lamp", ts_ms, event_id=f"v{n}")
    it.send(log.records[: FURTHER // 2])
    it.wait(lambda: epochs(it), "an epoch")
    first.check()
    assert first.stop() == 0
    it.worker("second")
    it.send(log.records[FURTHER // 2 :])
    it.wait(lambda: it.consumed() == before + FURTHER, "all further events")
    counts = it.changelog()[0].counts()
    assert (counts["accepted"], counts["dead_letters"]) == (before + FURTHER - 1, 1)
    epoch = epochs(it)[0]
    assert epoch.number == NOON_MS + 10 * MINUTE_MS
    signals = [len(r.value) for r in asyncio.run(read_all(it.settings, "signals"))]
    assert sum(signals) > 2_000_000
    assert max(signals) <= LARGEST_BYTES
    (letter,) = asyncio.run(read_all(it.settings, "dead-letters"))
    assert len(letter.key) == 1_024
    assert dict(letter.headers)["kairos-key-length"] == b"1000000"
