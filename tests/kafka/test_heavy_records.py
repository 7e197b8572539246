"""Records near the largest that a topic takes, one after the other: a partition goes on, in pieces."""

from __future__ import annotations

import pytest
from support.records import Log, at

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

NOON_MS = at("2026-03-20T12:00:00+00:00")
HEAVY, AFTER = 200, 400
JUNK = b"[" * 60 + b",".join([b"1"] * 490_000) + b"]" * 60
"""Read slowly, as a part of a record that is sound without it."""


def heavy(log: Log) -> list:
    """Clicks of one user with 1 MB of an unknown field, and four fields at fault."""
    head = b'"user_id":"u","event":"view","item_id":"i","price_minor":"","quantity":"","device":5,'
    return [
        log.add(
            "clicks", "u",
            b'{"event_id":"h%d","ts":%d,%b"category_id":[],"junk":%b}'
            % (n, NOON_MS + n, head, JUNK),
            NOON_MS + n,
        )
        for n in range(HEAVY)
    ]  # fmt: skip


def test_a_client_that_sends_the_largest_records_holds_up_nobody_for_good(shop):
    it = shop(partitions=1, consent_default="granted", tick_ms=60_000)
    log = Log()
    it.send(heavy(log))
    it.send([log.click(f"u{n}", "view", "i", NOON_MS + HEAVY + n) for n in range(AFTER)])
    worker = it.worker("first")
    it.wait(lambda: it.consumed() == HEAVY + AFTER, "all of them", timeout_s=300)
    worker.check()
    told = (it.folder / "first.log").read_text()
    assert "aborted" not in told
    counts = it.changelog()[0].counts()
    assert counts["accepted"] == HEAVY + AFTER
    assert counts["partial"] == 4 * HEAVY
