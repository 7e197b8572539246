"""The words of a push are true of its item."""

from __future__ import annotations

import json

import pytest
from support.records import Log, at

from schemas.ids import hash64
from schemas.vocabulary import CANDIDATE_SOURCES, TriggerKind
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.publish.words import ABOUT_AN_ITEM, Words, template_id, words_for
from streams.settings import Settings

NOON = at("2026-06-10T12:00:00Z")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
KETTLE, PAN = (1, 10), (2, 10)
NOBODY = 0


def source(name):
    return 1 << CANDIDATE_SOURCES.index(name)


@pytest.mark.parametrize("kind", sorted(ABOUT_AN_ITEM))
def test_words_about_the_item_that_asked_are_not_said_of_another(kind):
    assert words_for(kind, KETTLE, KETTLE, NOBODY) == Words.ASKED
    assert words_for(kind, KETTLE, PAN, source("own_recent")) == Words.SUGGESTION


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TriggerKind.CART_LEFT, "cart_left"),
        (TriggerKind.FAVOURITE, "favourites"),
        (TriggerKind.SEARCH_LEFT, "searched"),
        (TriggerKind.FOLLOW_UP, "complement"),
    ],
)
def test_they_are_said_of_what_they_are_as_true_of(kind, name):
    assert words_for(kind, KETTLE, PAN, source(name)) == Words.ASKED


def test_interest_in_a_category_is_said_of_its_items_alone():
    kind = TriggerKind.REPEAT_CATEGORY
    assert words_for(kind, KETTLE, PAN, NOBODY) == Words.ASKED
    assert words_for(kind, KETTLE, (3, 11), NOBODY) == Words.SUGGESTION


def test_a_change_of_place_says_nothing_of_any_item():
    assert words_for(TriggerKind.CONTEXT_CHANGE, (0, 0), PAN, NOBODY) == Words.ASKED
    assert template_id(TriggerKind.CONTEXT_CHANGE, Words.ASKED) == "kairos.context_change"
    assert template_id(TriggerKind.CONTEXT_CHANGE, Words.SUGGESTION) == "kairos.suggestion"


def cart_of_a_kettle(withdrawn: bool) -> Log:
    """A pan was looked at, a kettle put into the cart; then the kettle may leave the catalogue."""
    log = Log()
    for item in ("kettle", "pan"):
        more = {"category_id": "kitchen", "price_minor": 2000, "currency": "EUR", "stock": 5}
        log.add("catalog", item, {"item_id": item, "ts": NOON - HOUR_MS, **more}, NOON - HOUR_MS)
    log.context("u1", NOON, consent={"push": True})
    log.click("u1", "view", "pan", NOON + 1)
    log.click("u1", "cart", "kettle", NOON + 2)
    if withdrawn:
        log.add("catalog", "kettle", None, NOON + MINUTE_MS)
    for hours in (1, 3):
        log.click("clock", "comment", None, NOON + hours * HOUR_MS)
    return log


def pushed(log: Log) -> list[dict]:
    """What one user is sent, a partition's whole path through."""
    settings = Settings(
        partitions=1, secret="s" * 40, epoch_ms=10 * MINUTE_MS, cart_left_ms=HOUR_MS
    )
    outputs = []
    pipeline = Pipeline(settings, Vault(settings.secret.encode(), settings.tenant))
    replay(log.records, pipeline, outputs.append)
    return [json.loads(o.value) for o in outputs if o.topic == "recommendations"]


def test_a_reminder_is_about_what_was_left_in_the_cart():
    (push,) = pushed(cart_of_a_kettle(withdrawn=False))
    assert push["items"][0]["item_id"] == "kettle"
    assert push["title_loc_key"] == "kairos.cart_left.title"
    assert push["reason_codes"][0] == push["trigger"] == "cart_left"


def test_another_item_is_never_worded_as_left_in_the_cart():
    (push,) = pushed(cart_of_a_kettle(withdrawn=True))
    assert push["items"][0]["item_id"] == "pan"
    assert push["title_loc_key"] == "kairos.suggestion.title"
    assert push["thread_id"] == f"kairos.suggestion.{hash64('kitchen'):016x}"
    assert push["priority"] == "normal"
    assert "cart_left" not in push["reason_codes"]


def test_a_cancel_has_the_words_of_the_push_that_it_takes_back():
    log = cart_of_a_kettle(withdrawn=True)
    log.purchase("u1", ["pan"], NOON + 3 * HOUR_MS + 1)
    push, cancel = pushed(log)
    assert (push["action"], cancel["action"]) == ("upsert", "cancel")
    for name in ("recommendation_id", "collapse_key", "thread_id", "template_id", "title_loc_key"):
        assert cancel[name] == push[name]
