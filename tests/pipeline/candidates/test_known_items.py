"""Through the whole path: what the catalogue does not know is pushed only where the setting says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from models.bundle import reference_path
from streams.offline.replay import replay
from streams.offline.sources import open_source
from streams.pipeline.assemble import assemble
from streams.settings import load_settings

T0_MS = at("2026-06-10T10:00:00+00:00")
HOUR_MS = 3_600_000
SECRET = "s" * 40


def run(records, batch_records=100, **changes):
    """All that comes out of a pipeline made as a worker makes it."""
    told = {"consent_default": "granted", "partitions": 1, "secret": SECRET, "send_time": "now"}
    outputs = []
    job = assemble(load_settings({}, **(told | changes)))
    done = replay(records, job, outputs.append, batch_records)
    return outputs, [sorted(store.rows.items()) for store in done.stores]


def decisions(outputs):
    return [json.loads(each.value) for each in outputs if each.topic == "decisions"]


def shop(catalogue_ms):
    """A user leaves a kettle in the cart, which no catalogue knows; others buy a lamp."""
    log = Log()
    if catalogue_ms is not None:
        log.add("catalog", "mug", {"item_id": "mug", "ts": catalogue_ms}, catalogue_ms)
    log.click("u", "cart", "kettle", T0_MS)
    for number in range(20):
        log.purchase(f"other{number}", ["lamp"], T0_MS + number + 1)
    log.click("clock", "comment", None, T0_MS + 3 * HOUR_MS)
    log.click("u", "comment", None, T0_MS + 3 * HOUR_MS + 1)
    return sorted(log.records, key=lambda record: record.timestamp_ms)


def about_cart(records, **changes):
    told = decisions(run(records, epoch_ms=HOUR_MS, **changes)[0])
    (decision,) = [each for each in told if each["trigger"]["kind"] == "cart_left"]
    return decision["unknown_items"], [each["item_id"] for each in decision["candidates"]]


@pytest.mark.parametrize(
    ("unknown_items", "catalogue_ms", "held", "kettle"),
    [
        ("auto", None, "allow", True),
        ("auto", T0_MS - HOUR_MS, "refuse", False),
        ("auto", T0_MS + 3 * HOUR_MS, "refuse", False),  # in force with the record that fires it
        ("auto", T0_MS + 3 * HOUR_MS + 1, "allow", True),
        ("refuse", None, "refuse", False),
        ("refuse", T0_MS - HOUR_MS, "refuse", False),
        ("allow", None, "allow", True),
        ("allow", T0_MS - HOUR_MS, "allow", True),
    ],
)
def test_a_rule_says_whether_an_unknown_item_is_offered(unknown_items, catalogue_ms, held, kettle):
    named, offered = about_cart(shop(catalogue_ms), unknown_items=unknown_items)
    assert named == held
    assert ("kettle" in offered) == kettle
    assert "lamp" not in offered, "the user never touched it"


def test_what_the_user_touched_long_ago_is_known_by_the_tables():
    log = Log()
    log.click("u", "cart", "kettle", T0_MS)
    for number in range(100):  # more than recent_events
        log.click("u", "view", f"i{number}", T0_MS + 1 + number)
    log.click("clock", "comment", None, T0_MS + 3 * HOUR_MS)
    assert "kettle" in about_cart(log.records, unknown_items="allow")[1]


def test_an_item_of_the_catalogue_needs_no_touch():
    log = Log()
    log.add("catalog", "mug", {"item_id": "mug", "ts": T0_MS, "title": "Mug"}, T0_MS)
    log.click("u", "cart", "mug", T0_MS + 1)
    log.click("clock", "comment", None, T0_MS + 3 * HOUR_MS)
    assert about_cart(log.records) == ("refuse", ["mug"])


def test_nothing_of_another_shop_is_pushed_in_the_first_hour():
    faults = Path("tests/data/faults/reference_bundle_items.jsonl")
    outputs, _ = run(open_source("raw", faults))
    told = decisions(outputs)
    offered = {each["item_id"] for decision in told for each in decision["candidates"]}
    assert told
    assert offered <= {"kettle"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cart", "fav", "view", "buy", "catalog", "withdrawn"]),
        st.integers(0, 3),
        st.integers(1, HOUR_MS),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


def told_by(steps):
    """A log in which users touch items, some of which get into a catalogue at some time."""
    log, now_ms = Log(), T0_MS
    for place, (step, number, pause_ms) in enumerate(steps):
        now_ms += pause_ms
        item, user = f"i{number}", f"u{place % 2}"
        if step == "catalog":
            log.add("catalog", item, {"item_id": item, "ts": now_ms}, now_ms)
        elif step == "withdrawn":
            log.add("catalog", item, None, now_ms)
        elif step == "buy":
            log.purchase(user, [item], now_ms)
        else:
            log.click(user, step, item, now_ms)
    log.click("clock", "comment", None, now_ms + 3 * HOUR_MS)
    return log.records


@given(STEPS, st.sampled_from(["auto", "refuse", "allow"]), st.integers(1, 30))
@settings(max_examples=examples(25))
def test_no_batch_size_changes_what_is_offered_and_refuse_offers_known_items_only(
    steps, rule, batch_records
):
    records = told_by(steps)
    whole = run(records, unknown_items=rule)
    assert run(records, batch_records, unknown_items=rule) == whole
    in_catalogue = {record.key.decode() for record in records if record.topic == "catalog"}
    for decision in decisions(whole[0]):
        offered = {each["item_id"] for each in decision["candidates"]}
        if decision["unknown_items"] == "refuse":
            assert offered <= in_catalogue
        assert rule in ("auto", decision["unknown_items"])


def test_the_shipped_bundle_is_the_starter():
    assert assemble(load_settings({}, secret=SECRET)).bundle.manifest.starter
    assert reference_path().is_dir()
