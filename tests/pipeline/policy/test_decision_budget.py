"""The decision beyond the budget says why, and until when there is no other."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore

TEN_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings(
    {}, consent_default="granted", debounce_ms=1_000, decisions_per_hour=2, min_gap_ms=0,
    cap_per_day=100,
)  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_beyond_the_budget_one_suppression_closes_the_hour(batch):
    log, store, outputs = Log(), MemoryStore(), []
    for minute in (0, 10, 20, 30, 40, 70):
        log.click("anna", "fav", f"i{minute}", TEN_MS + minute * MINUTE_MS)
    log.click("bob", "fav", "i1", TEN_MS + 70 * MINUTE_MS)
    pipeline = Pipeline(SETTINGS, Vault(b"budget", SETTINGS.tenant))
    for start in range(0, len(log.records), batch):
        effects = pipeline.process(0, store, log.records[start : start + batch])
        store.apply(effects.rows)
        outputs += effects.outputs
    topics = [out.topic for out in outputs]
    suppressed = [json.loads(out.value) for out in outputs if out.topic == "suppressions"]
    assert topics.count("decisions") == 5
    (stop,) = suppressed
    assert (stop["reason"], stop["rule"]) == ("too_many_decisions", "decision_budget")
    assert stop["numbers"] == {
        "decisions": 2, "decisions_per_hour": 2, "until_ms": TEN_MS + 60 * MINUTE_MS,
    }  # fmt: skip
    assert stop["best_item_id"] is None, "no candidate was fetched for it"
    counts = read_marker(store).counts
    assert counts["suppressed.too_many_decisions"] == 1
    assert counts["recommended"] + counts["suppressed"] == counts["decided"] == 5
    assert counts["accepted"] == 7, "its facts stay"
