"""What a partition says when it is quiet: its time to the learner, and until when it has to be told the time."""

from __future__ import annotations

import json

import msgspec
import pytest
from support.records import Log, at

from schemas.globals import Signals
from schemas.state import NEVER_MS
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore, next_due_ms

T0_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings({}, consent_default="granted")


def run(log, batch=50):
    store, found = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"quiet", SETTINGS.tenant))
    for start in range(0, len(log.records), batch):
        effects = pipeline.process(0, store, log.records[start : start + batch])
        store.apply(effects.rows)
        found += effects.outputs
    return store, found


def test_a_tick_tells_the_learner_the_time_where_there_is_nothing_else_to_tell():
    log = Log()
    log.tick(T0_MS)
    log.tick(T0_MS + MINUTE_MS)
    _, outputs = run(log, batch=1)
    told = [msgspec.msgpack.decode(o.value, type=Signals) for o in outputs if o.topic == "signals"]
    assert [(each.stream_ms, each.users) for each in told] == [
        (T0_MS, b""),
        (T0_MS + MINUTE_MS, b""),
    ]


@pytest.mark.parametrize("batch", [1, 50])
def test_the_marker_says_until_when_a_published_push_may_have_to_be_taken_back(batch):
    log = Log()
    log.click("bert", "view", "cup", T0_MS)
    store, _ = run(log, batch)
    assert read_marker(store).pushes_until_ms == NEVER_MS
    log.click("anna", "fav", "kettle", T0_MS)
    store, outputs = run(log, batch)
    (push,) = [json.loads(o.value) for o in outputs if o.topic == "recommendations"]
    assert read_marker(store).pushes_until_ms == at(push["expires_at"])


def test_a_push_that_moves_is_watched_until_its_new_end():
    night_ms = at("2026-03-20T22:30:00+00:00")
    log = Log()
    log.context("anna", night_ms, timezone="Europe/London")
    log.click("anna", "fav", "kettle", night_ms)
    before = read_marker(run(log)[0]).pushes_until_ms
    log.context("anna", night_ms + 2 * MINUTE_MS, timezone="America/New_York")
    store, outputs = run(log)
    pushes = [json.loads(o.value) for o in outputs if o.topic == "recommendations"]
    assert [push["revision"] for push in pushes] == [0, 1]
    until_ms = read_marker(store).pushes_until_ms
    assert until_ms == max(at(push["expires_at"]) for push in pushes) >= before


def test_the_next_timer_of_a_partition_is_known_without_reading_its_rows():
    log = Log()
    log.click("anna", "view", "kettle", T0_MS)
    assert next_due_ms(run(log)[0]) is None
    log.click("anna", "cart", "kettle", T0_MS + 5)
    log.click("bert", "cart", "kettle", T0_MS + 3)
    assert next_due_ms(run(log)[0]) == T0_MS + 3 + SETTINGS.cart_left_ms
