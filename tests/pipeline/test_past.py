"""The past is never pushed again: what was in the log when a partition began ends as `caught_up`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from schemas.vocabulary import PushOrigin
from streams.engine.beginning import first_rows
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import unpack_rows
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import USER, MemoryStore

NOON_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", debounce_ms=HOUR_MS
)


def ends_of(records) -> dict[str, int]:
    """What a partition notes that begins when these are in the log."""
    return {record.topic: record.offset + 1 for record in records}


def decide(records, past, sizes=(100,)):
    """The store and the outputs of a partition that began with ``past`` in the log."""
    store, outputs, start, turn = MemoryStore(), [], 0, 0
    store.apply(first_rows(past))
    pipeline = Pipeline(SETTINGS, Vault(b"past", SETTINGS.tenant))
    while start < len(records):
        size = sizes[turn % len(sizes)]
        for effects in pipeline.process_whole(0, store, records[start : start + size]):
            store.apply(effects.rows)
            outputs += effects.outputs
        start, turn = start + size, turn + 1
    return store, outputs


def told(outputs, topic):
    return [json.loads(output.value) for output in outputs if output.topic == topic]


def reasons(outputs):
    return [decision["reason"] for decision in told(outputs, "decisions")]


def pushes_of(store):
    rows = {key[1:]: row for key, row in store.rows.items() if key.startswith(USER)}
    return unpack_rows(list(rows), list(rows.values())).pushes.data


def test_an_event_is_of_the_past_up_to_the_end_of_its_topic():
    log = Log()
    for hour in (0, 2, 4):
        log.click("anna", "fav", f"item{hour}", NOON_MS + hour * HOUR_MS)
    store, outputs = decide(log.records, ends_of(log.records[:2]))
    assert reasons(outputs) == ["caught_up", "caught_up", None]
    assert [d["candidates"] for d in told(outputs, "decisions")[:2]] == [[], []]
    (pushed,) = told(outputs, "recommendations")
    assert pushed["policy"]["cap_used"] == 0
    assert read_marker(store).counts["suppressed.caught_up"] == 2
    assert read_marker(store).past == {}


def test_a_replay_and_a_worker_that_may_speak_have_no_past():
    log = Log()
    log.click("anna", "fav", "kettle", NOON_MS)
    assert reasons(decide(log.records, {})[1]) == [None]


@pytest.mark.parametrize("sizes", [(1,), (2,), (100,)])
def test_a_timer_is_of_the_past_until_a_new_record_follows_all_old_ones(sizes):
    """It came due after the last old record, before the first new one."""
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + 3 * HOUR_MS)
    log.click("anna", "cart", "teapot", NOON_MS + 4 * HOUR_MS)
    log.tick(NOON_MS + 7 * HOUR_MS)
    assert reasons(decide(log.records, ends_of(log.records[:1]), sizes)[1]) == ["caught_up", None]


def test_a_timer_stays_silent_while_a_lagging_topic_has_old_records_to_come():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.tick(NOON_MS + 3 * HOUR_MS)
    log.tick(NOON_MS + 4 * HOUR_MS)
    past = {"clicks": 1, "purchases": 1}
    assert reasons(decide(log.records, past)[1]) == ["caught_up"]
    assert read_marker(decide(log.records, past)[0]).past == past


def test_what_is_of_the_past_debounces():
    log = Log()
    for minutes in (0, 30, 90):
        log.click("anna", "fav", f"item{minutes}", NOON_MS + minutes * MINUTE_MS)
    assert reasons(decide(log.records, ends_of(log.records[:1]))[1]) == ["caught_up", None]


@pytest.mark.parametrize(
    ("status", "used"), [(None, 0), ("sent", 0), ("delivered", 1), ("failed", 0)]
)
def test_it_counts_for_the_cap_only_if_a_receipt_shows_that_id(status, used):
    log = Log()
    log.click("anna", "fav", "kettle", NOON_MS)
    _, before = decide(log.records, ends_of(log.records))
    (identity,) = [decision["decision_id"] for decision in told(before, "decisions")]
    if status is not None:
        receipt = {"recommendation_id": identity, "user_id": "anna", "status": status}
        ts_ms = NOON_MS + MINUTE_MS
        log.add("push-receipts", "anna", receipt | {"ts": ts_ms}, ts_ms)
    log.click("anna", "fav", "teapot", NOON_MS + 2 * HOUR_MS)
    store, outputs = decide(log.records, ends_of(log.records[:1]))
    assert told(outputs, "decisions")[-1]["policy"]["cap_used"] == used
    assert pushes_of(store)["origin"].tolist() == [PushOrigin.PAST, PushOrigin.PUBLISHED]


def test_nothing_of_the_past_is_taken_back():
    log = Log()
    log.click("anna", "fav", "kettle", NOON_MS)
    log.context("anna", NOON_MS + MINUTE_MS, consent={"push": False})
    _, outputs = decide(log.records, ends_of(log.records[:1]))
    assert told(outputs, "recommendations") == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["fav", "cart", "view", "buy", "tick"]), st.integers(5, 200)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=examples(40))
@given(STEPS, st.integers(0, 25), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_any_split_gives_the_same_bytes(steps, old, sizes):
    log, now_ms = Log(), NOON_MS
    for number, (what, minutes) in enumerate(steps):
        now_ms += minutes * MINUTE_MS
        match what:
            case "tick":
                log.tick(now_ms)
            case "buy":
                log.purchase("anna", ["item1"], now_ms)
            case _:
                log.click(f"user{number % 3}", what, "item1", now_ms)
    past = ends_of(log.records[:old])
    whole, cut = decide(log.records, past), decide(log.records, past, tuple(sizes))
    assert whole[0].rows == cut[0].rows
    assert without_signals(whole[1]) == without_signals(cut[1])
    for decision in told(whole[1], "decisions"):
        offsets = decision["source_offsets"]
        if past and all(offsets.get(topic, 0) <= end for topic, end in past.items()):
            assert decision["reason"] == "caught_up"


def without_signals(outputs):
    """How much a record of signals covers is a matter of the cut."""
    return [output for output in outputs if output.topic != "signals"]
