"""A real worker says which bundle serves, and warns of a catalogue that knows few of the items in use."""

from __future__ import annotations

import pytest
from support.records import Log, at

pytestmark = pytest.mark.kafka

NOON_MS = at("2026-03-20T12:00:00+00:00")


@pytest.mark.parametrize("known", [1, 2])
def test_a_worker_names_the_starter_and_a_poor_catalogue(shop, known):
    it = shop(partitions=1, tick_ms=60_000)
    log = Log()
    log.catalogue([f"i{n}" for n in range(known)], NOON_MS)
    for n in range(3):
        log.click("anna", "view", f"i{n}", NOON_MS + n)
    log.click("anna", "view", "of-a-day-ago", NOON_MS - 86_400_000)
    it.send(log.records)
    worker = it.worker("first")
    it.wait(lambda: "Items touched in a day" in worker.log.read_text(), "what is touched is said")
    text = worker.log.read_text()
    assert "Bundle: kairos, sha256" in text
    assert "the starter" in text
    assert f"the catalogue knows {known} of 3 items touched in a day" in text
    assert ("see `unknown_items`" in text) == (known == 1)
