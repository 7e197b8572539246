"""A refused catalogue record is one dead letter on a real Kafka, whoever learns and whoever is killed."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from support.records import Log, at

from streams.engine.catalogue_accounts import read_accounts
from streams.operate.tools.reading import read_all
from streams.operate.tools.redrive import Filter, redrive

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")


def letters(it):
    """(offset, reason, field) of each letter about the catalogue."""
    records = asyncio.run(read_all(it.settings, "dead-letters"))
    headers = [{name: value.decode() for name, value in r.headers} for r in records]
    return Counter(
        (
            int(h["kairos-partition"]),
            int(h["kairos-offset"]),
            h["kairos-reason"],
            h.get("kairos-partial"),
        )
        for h in headers
        if h["kairos-topic"] == "catalog"
    )


def sent(it, first):
    """Nine items: each third cannot be read, each third has a price that is none."""
    log = Log()
    for n in range(first, first + 9):
        body = {"item_id": f"i{n}", "ts": NOON_MS, "stock": 0}
        told = (body, body | {"price_minor": 19.99}, b"{")[n % 3]
        log.add("catalog", f"i{n}", told, NOON_MS)
    it.send(log.records)


def kinds(found):
    return Counter((reason, field) for _, _, reason, field in found.elements())


def test_each_refused_record_is_one_letter_with_two_workers_and_a_killed_learner(shop):
    it = shop(partitions=2, session_timeout_ms=3_000, tick_ms=60_000)
    sent(it, 0)
    workers = [it.worker("first"), it.worker("second")]
    it.wait(lambda: letters(it).total() >= 6, "the letters of what was there")
    for n, worker in enumerate(workers):
        sent(it, 9 * (n + 1))
        worker.kill()  # in the middle of it
    it.worker("first")
    it.wait(lambda: letters(it).total() >= 18, "the letters of all that was sent")
    counts = asyncio.run(read_accounts(it.settings))
    assert counts == {"consumed": 27, "accepted": 18, "dead_letters": 9, "partial": 9}
    found = letters(it)
    assert set(found.values()) == {1}
    assert kinds(found) == {("wrong_type", "price_minor"): 9, ("not_json", None): 9}
    sent_again = asyncio.run(redrive(it.settings, Filter(topic="catalog")))
    assert (sent_again["sent"], sent_again["partial"]) == (9, 9)
    it.wait(lambda: letters(it).total() >= 27, "what is sent again and refused again")
    assert set(letters(it).values()) == {1}
