"""A push that no longer stands is taken back once, whatever follows."""

from __future__ import annotations

import json

import msgspec
import pytest
from support.records import Log, at

from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings({}, consent_default="granted")


def records(log, batch, settings=SETTINGS):
    store, found = MemoryStore(), []
    pipeline = Pipeline(settings, Vault(b"cancels", settings.tenant))
    for start in range(0, len(log.records), batch):
        effects = pipeline.process(0, store, log.records[start : start + batch])
        store.apply(effects.rows)
        found += [json.loads(o.value) for o in effects.outputs if o.topic == "recommendations"]
    return found


def published(log, batch):
    return [(each["action"], each["recommendation_id"]) for each in records(log, batch)]


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


LONDON, NEW_YORK = "Europe/London", "America/New_York"
NIGHT_MS = at("2026-03-20T21:30:00+00:00")
HOUR_MS = 60 * MINUTE_MS


def told_of_another_zone(sent_hour=None, zone=NEW_YORK):
    """A cart left late in London: its push waits for the morning, when the user is elsewhere."""
    log = Log()
    log.context("anna", NIGHT_MS - HOUR_MS, timezone=LONDON)
    log.click("anna", "cart", "kettle", NIGHT_MS)
    log.tick(NIGHT_MS + HOUR_MS)
    if sent_hour is not None:
        ((_, identity),) = published(log, 1)
        receipt = {"recommendation_id": identity, "user_id": "anna", "status": "sent"}
        ts_ms = NIGHT_MS + sent_hour * HOUR_MS
        log.add("push-receipts", "anna", receipt | {"ts": ts_ms}, ts_ms)
    log.context("anna", NIGHT_MS + 3 * HOUR_MS, timezone=zone)
    log.context("anna", NIGHT_MS + 4 * HOUR_MS, timezone=zone)
    return log


@pytest.mark.parametrize("batch", [1, 50])
def test_a_push_that_was_not_sent_moves_into_the_allowed_hours_of_another_zone(batch):
    upsert, moved = records(told_of_another_zone(), batch)
    assert (upsert["send_after"], upsert["revision"]) == ("2026-03-21T08:00:00.000Z", 0)
    assert (moved["send_after"], moved["revision"]) == ("2026-03-21T12:00:00.000Z", 1)
    assert moved["action"] == "upsert"
    assert moved["expires_at"] == "2026-03-21T22:30:00.000Z", "its life is as long as it was"
    assert moved["recommendation_id"] == upsert["recommendation_id"]
    assert moved["reason_codes"] == ["zone_changed"]


@pytest.mark.parametrize("batch", [1, 50])
def test_a_push_that_no_hour_of_its_life_allows_any_more_is_taken_back(batch):
    settings = load_settings({}, consent_default="granted", candidate_life_ms=12 * HOUR_MS)
    upsert, cancel, again = records(told_of_another_zone(), batch, settings)
    assert (upsert["action"], cancel["action"]) == ("upsert", "cancel")
    assert again["trigger"] == "context_change", "it is decided on what the cancel left"
    assert cancel["reason_codes"] == ["zone_changed"]


@pytest.mark.parametrize("batch", [1, 50])
def test_what_was_sent_or_may_stay_where_it_is_does_not_move(batch):
    assert len(records(told_of_another_zone(sent_hour=2), batch)) == 1
    assert len(records(told_of_another_zone(zone="Europe/Lisbon"), batch)) == 1


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize(("item", "cancels"), [("kettle", 1), ("rug", 0)])
def test_what_leaves_the_cart_takes_its_reminder_back(item, cancels, batch):
    log = Log()
    log.click("anna", "cart", "kettle", T0_MS)
    log.tick(T0_MS + HOUR_MS)
    for minute in (70, 71):
        log.click("anna", "remove_cart", item, T0_MS + minute * MINUTE_MS)
    found = records(log, batch)
    assert [each["reason_codes"] for each in found[1:]] == [["cart_emptied"]] * cancels


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


def receipt(log, identity, ts_ms, **more):
    body = {"recommendation_id": identity, "user_id": "anna", "ts": ts_ms} | more
    log.add("push-receipts", "anna", body, ts_ms)


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize(
    ("told", "cancels"),
    [({"revision": 0}, 1), ({"revision": 1}, 0), ({}, 0)],
)
def test_an_older_revision_that_was_sent_takes_the_newer_back_once(told, cancels, batch):
    log = told_of_another_zone()
    identity = published(log, 1)[0][1]
    for hour in (5, 6):
        receipt(log, identity, NIGHT_MS + hour * HOUR_MS, status="sent", **told)
    found = records(log, batch)
    assert [each["revision"] for each in found] == [0, 1, *[1] * cancels]
    assert [each["reason_codes"] for each in found[2:]] == [["older_revision_sent"]] * cancels


@pytest.mark.parametrize("batch", [1, 50])
def test_once_it_was_opened_an_older_revision_that_was_sent_takes_nothing_back(batch):
    log = told_of_another_zone()
    identity = published(log, 1)[0][1]
    for hour, status in ((5, "opened"), (6, "sent")):
        receipt(log, identity, NIGHT_MS + hour * HOUR_MS, status=status, revision=0)
    assert len(records(log, batch)) == 2


def replayed(log, settings=SETTINGS):
    outputs = []
    settings = msgspec.structs.replace(settings, partitions=1)
    replay(log.records, Pipeline(settings, Vault(b"cancels", settings.tenant)), outputs.append)
    return [json.loads(o.value) for o in outputs if o.topic == "recommendations"]


def sold_in_germany(told_later, status=None):
    """A German is pushed a kettle, of which (or of whom) something is told later, and leaves for France."""
    log = Log()
    log.add("catalog", "kettle", {"item_id": "kettle", "ts": T0_MS, "regions": ["DE"]}, T0_MS)
    log.context("anna", T0_MS + 1, country="DE")
    log.click("anna", "fav", "kettle", T0_MS + 2)
    if status is not None:
        receipt(log, replayed(log)[0]["recommendation_id"], T0_MS + MINUTE_MS, status=status)
    if told_later is not None:
        ts_ms = T0_MS + 2 * MINUTE_MS
        body = None if told_later == "gone" else {"item_id": "kettle", "ts": ts_ms} | told_later
        log.add("catalog", "kettle", body, ts_ms)
    for minute in (5, 6):
        log.context("anna", T0_MS + minute * MINUTE_MS, country="FR")
    return [r["reason_codes"] for r in replayed(log) if r["action"] == "cancel"]


@pytest.mark.parametrize(
    ("told_later", "reasons"),
    [
        (None, [["not_sold_here"]]),
        ("gone", [["withdrawn"]]),
        ({"stock": 0}, [["sold_out"]]),
        ({"regions": ["DE", "FR"]}, []),
    ],
)
def test_a_report_of_another_country_asks_the_catalogue_about_what_is_out(told_later, reasons):
    assert sold_in_germany(told_later) == reasons


@pytest.mark.parametrize(("status", "cancels"), [("sent", 1), ("delivered", 1), ("opened", 0)])
def test_what_is_in_the_tray_is_taken_back_in_a_country_where_it_is_not_sold(status, cancels):
    assert sold_in_germany(None, status) == [["not_sold_here"]] * cancels


@pytest.mark.parametrize("batch", [1, 50])
def test_what_was_sent_before_its_push_was_known_has_no_newer_revision(batch):
    """Its receipt takes the place of a tick, so that the push keeps its id."""
    log, early_ms = told_of_another_zone(), NIGHT_MS + MINUTE_MS
    log.tick(early_ms)
    log.records.insert(2, log.records.pop())
    identity = published(log, 1)[0][1]
    receipt(log, identity, early_ms, status="sent", revision=0)
    log.records[2] = log.records.pop()
    assert published(log, batch) == [("upsert", identity)]
