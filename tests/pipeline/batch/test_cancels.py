"""A push that no longer stands is taken back once, whatever follows."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings({}, consent_default="granted")


def published(log, batch):
    store, found = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"cancels", SETTINGS.tenant))
    for start in range(0, len(log.records), batch):
        effects = pipeline.process(0, store, log.records[start : start + batch])
        store.apply(effects.rows)
        found += [json.loads(o.value) for o in effects.outputs if o.topic == "recommendations"]
    return [(each["action"], each["recommendation_id"]) for each in found]


@pytest.mark.parametrize("batch", [1, 50])
def test_two_purchases_of_the_pushed_item_give_one_cancel(batch):
    log = Log()
    log.click("anna", "fav", "kettle", T0_MS)
    for minute in (10, 20, 30):
        log.purchase("anna", ["kettle"], T0_MS + minute * MINUTE_MS)
    upsert, cancel = published(log, batch)
    assert (upsert[0], cancel[0]) == ("upsert", "cancel")
    assert upsert[1] == cancel[1]


@pytest.mark.parametrize("batch", [1, 50])
def test_consent_withdrawn_twice_gives_one_cancel(batch):
    log = Log()
    log.click("anna", "fav", "kettle", T0_MS)
    for minute in (10, 20):
        log.context("anna", T0_MS + minute * MINUTE_MS, consent={"push": False})
    assert [action for action, _ in published(log, batch)] == ["upsert", "cancel"]


def test_a_purchase_of_something_else_takes_nothing_back():
    log = Log()
    log.click("anna", "fav", "kettle", T0_MS)
    log.purchase("anna", ["toaster"], T0_MS + 10 * MINUTE_MS)
    assert [action for action, _ in published(log, 1)] == ["upsert"]


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize(
    ("status", "cancels"),
    [("sent", 1), ("delivered", 1), ("opened", 0), ("dismissed", 0), ("failed", 0)],
)
def test_what_is_in_the_tray_is_taken_back_until_it_was_answered(status, cancels, batch):
    log = Log()
    log.click("anna", "fav", "kettle", T0_MS)
    ((_, identity),) = published(log, 1)
    receipt = {"recommendation_id": identity, "user_id": "anna", "status": status}
    log.add("push-receipts", "anna", receipt | {"ts": T0_MS + MINUTE_MS}, T0_MS + MINUTE_MS)
    log.purchase("anna", ["kettle"], T0_MS + 10 * MINUTE_MS)
    assert [action for action, _ in published(log, batch)] == ["upsert", *["cancel"] * cancels]
