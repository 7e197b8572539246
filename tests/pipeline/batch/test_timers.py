"""Timers decide at their due time, whatever record made time pass (docs/decisions/0002)."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import TIMER, MemoryStore, Work

NOON_MS = at("2026-03-20T12:00:00+00:00")
HOUR_MS = 3_600_000
SETTINGS = load_settings({}, consent_default="granted", quiet_start="00:00", quiet_end="00:00")


def decided(records, batch=1):
    store, found = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"timers", SETTINGS.tenant))
    for start in range(0, len(records), batch):
        effects = pipeline.process(0, store, records[start : start + batch])
        store.apply(effects.rows)
        found += [json.loads(o.value) for o in effects.outputs if o.topic == "decisions"]
    return store, found


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize("next_record_h", [1, 1.5, 40])
def test_a_cart_is_judged_an_hour_later_whenever_the_next_record_comes(next_record_h, batch):
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + int(next_record_h * HOUR_MS))
    _, (decision,) = decided(log.records, batch)
    assert decision["trigger"]["kind"] == "cart_left"
    assert decision["now_ms"] == NOON_MS + HOUR_MS


def test_a_purchase_between_the_due_time_and_the_next_record_is_not_known_yet():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.purchase("anna", ["kettle"], NOON_MS + 2 * HOUR_MS)
    _, (decision,) = decided(log.records, 50)
    assert decision["now_ms"] == NOON_MS + HOUR_MS
    assert decision["chosen_item_id"] == "kettle"


@pytest.mark.parametrize("batch", [1, 50])
def test_what_a_timer_had_read_ends_before_the_record_that_made_time_pass(batch):
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.click("anna", "view", "teapot", NOON_MS + 2 * HOUR_MS)
    log.click("anna", "fav", "teapot", NOON_MS + 2 * HOUR_MS)
    _, found = decided(log.records, batch)
    read = [(d["trigger"]["kind"], d["source_offsets"], d["position"]) for d in found]
    assert read == [("cart_left", {"clicks": 1}, 1), ("favourite", {"clicks": 3}, 2)]


def test_a_timer_before_the_first_record_of_its_batch_has_read_nothing_of_the_batch_beside_it():
    stores = [MemoryStore(), MemoryStore()]
    pipeline = Pipeline(SETTINGS, Vault(b"timers", SETTINGS.tenant))
    logs = [Log(number) for number in range(2)]
    for log, user in zip(logs, ("anna", "bob"), strict=True):
        log.click(user, "cart", "kettle", NOON_MS)
    for number, log in enumerate(logs):
        stores[number].apply(pipeline.process(number, stores[number], log.records).rows)
    for log in logs:
        log.tick(NOON_MS + HOUR_MS)
        log.tick(NOON_MS + HOUR_MS)
    work = [Work(number, stores[number], log.records[1:]) for number, log in enumerate(logs)]
    for number, effects in enumerate(pipeline.process_all(work)):
        (decision,) = (json.loads(o.value) for o in effects.outputs if o.topic == "decisions")
        assert (decision["partition"], decision["position"]) == (number, 1)
        assert decision["source_offsets"] == {"clicks": 1}


def test_a_cart_event_that_comes_after_its_due_time_is_judged_when_it_comes():
    log = Log()
    log.tick(NOON_MS + 3 * HOUR_MS)
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + 3 * HOUR_MS)
    _, (decision,) = decided(log.records)
    assert decision["now_ms"] == NOON_MS + 3 * HOUR_MS


def test_a_cart_of_days_ago_that_arrives_now_starts_no_timer():
    log = Log()
    log.tick(NOON_MS + 72 * HOUR_MS)
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + 80 * HOUR_MS)
    store, found = decided(log.records)
    assert found == []
    assert store.scan(TIMER, TIMER + b"\xff" * 9) == []


def test_a_second_item_puts_the_timer_off_and_it_fires_once():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.click("anna", "cart", "toaster", NOON_MS + HOUR_MS // 2)
    log.tick(NOON_MS + HOUR_MS)
    log.tick(NOON_MS + 9 * HOUR_MS)
    log.tick(NOON_MS + 20 * HOUR_MS)
    store, (decision,) = decided(log.records)
    assert decision["now_ms"] == NOON_MS + HOUR_MS * 3 // 2
    assert decision["trigger"]["item_id"] == "toaster"
    assert store.scan(TIMER, TIMER + b"\xff" * 9) == []


def test_a_bought_cart_ends_in_a_suppression_that_says_so():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.purchase("anna", ["kettle"], NOON_MS + HOUR_MS // 2)
    log.tick(NOON_MS + 2 * HOUR_MS)
    (decision,) = decided(log.records)[1]
    assert (decision["outcome"], decision["reason"]) == ("suppressed", "reason_gone")


def test_two_carts_within_the_debounce_are_one_decision():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + HOUR_MS)
    log.click("anna", "cart", "toaster", NOON_MS + 2 * HOUR_MS)
    log.tick(NOON_MS + 4 * HOUR_MS)
    _, found = decided(log.records)
    assert [each["trigger"]["item_id"] for each in found] == ["kettle"]
