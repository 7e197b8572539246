"""Opt-outs fail safe: a "no" counts from its arrival, whatever else is wrong with its record."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import USER, MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
SETTINGS = load_settings({}, quiet_start="00:00", quiet_end="00:00", send_time="now")
VAULT = Vault(b"consent", SETTINGS.tenant)
ID = "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d"
NO_MS = T0_MS + 10 * MINUTE_MS
SAYS_NO = {
    "context": {"event_id": "no", "user_id": "anna", "ts": NO_MS, "consent": {"push": False}},
    "profiles": {"user_id": "anna", "ts": NO_MS, "consent": {"push": False}},
    "push-receipts": {
        "recommendation_id": ID, "user_id": "anna", "ts": NO_MS, "status": "opted_out",
    },
}  # fmt: skip
NO = {topic: "status" if topic == "push-receipts" else "consent" for topic in SAYS_NO}
"""The field that says it."""
YES = {"event_id": "y2", "user_id": "anna", "consent": {"push": True}}


def said(log: Log, topic: str, value: object, at_ms: int = NO_MS) -> SourceRecord:
    return log.add(topic, "anna", value, at_ms)


def shop(*said_between) -> list[SourceRecord]:
    """Consent, what is said in between, then a cart that is left; other users move the time."""
    log = Log()
    log.context("anna", T0_MS, consent={"push": True}, event_id="yes")
    for topic, value, at_ms in said_between:
        said(log, topic, value, at_ms)
    cart_ms = max([T0_MS + HOUR_MS, *(at_ms + MINUTE_MS for _, _, at_ms in said_between)])
    log.click("anna", "cart", "kettle", cart_ms)
    log.click("bert", "view", "lamp", cart_ms + 2 * HOUR_MS)
    return log.records


def decided(records, cuts=(), chosen=SETTINGS):
    """Rows and outputs after the records, cut into batches."""
    store, outputs = MemoryStore(), []
    pipeline = Pipeline(chosen, VAULT)
    edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
    for start, end in pairwise(edges):
        for effects in pipeline.process_whole(0, store, records[start:end]):
            store.apply(effects.rows)
            outputs += effects.outputs
    return store.rows, outputs


def pushes(records, **more):
    outputs = decided(records, **more)[1]
    found = [json.loads(o.value) for o in outputs if o.topic == "recommendations"]
    return [push for push in found if push["action"] == "upsert"]


def test_without_a_no_the_cart_is_told():
    assert len(pushes(shop())) == 1


anything = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
)
anything |= st.lists(anything, max_size=2) | st.dictionaries(
    st.text(max_size=4), anything, max_size=2
)
TEXTS = {
    "deep": "[" * 200 + "]" * 200,
    "bad utf-8": '"\x00"',
    "not finite": "NaN",
    "half a pair": r'"\ud800"',
    "a huge number": "9" * 9_000,
}


@st.composite
def spoiled(draw):
    """A record that holds a "no", with anything else in any other field but the user's id."""
    topic = draw(st.sampled_from(sorted(SAYS_NO)))
    names = ["event_id", "ts", "timezone", "lat", "rating", "recommendation_id", "interests", "new",
             "schema_version", "device", "channel", "app_minutes"]  # fmt: skip
    value = SAYS_NO[topic] | draw(st.dictionaries(st.sampled_from(names), anything, max_size=4))
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        value.pop(name, None)
    no = draw(st.sampled_from([False, 0, "No", "OFF", "denied", "Revoked", "opted_out", "0"]))
    value[NO[topic]] = no if topic != "push-receipts" else draw(
        st.sampled_from(["opted_out", "OPTED_OUT", "unsubscribed"])
    )  # fmt: skip
    if topic != "push-receipts" and draw(st.booleans()):
        value["consent"] = {"push": no} | draw(
            st.dictionaries(st.text(max_size=5), anything, max_size=2)
        )
        value["consent"]["push"] = no
    text = json.dumps(value)
    if draw(st.booleans()):
        odd = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
        text = '{"odd": ' + odd + ", " + text[1:]
    raw = text.encode().replace(b"\x00", b"\xff\xc0")
    return topic, raw + draw(st.sampled_from([b"", b"x", b"}"])), draw(st.sampled_from([0, -1, 1]))


@given(spoiled(), st.lists(st.integers(0, 4), max_size=3))
@settings(max_examples=examples(150))
def test_whatever_else_is_wrong_with_a_record_its_no_counts(spoilt, cuts):
    topic, raw, far = spoilt
    records = shop((topic, raw, NO_MS))
    assert pushes(records, cuts=cuts) == []
    if far:  # of an impossible time, too
        other = [r for r in records if r.value != raw]
        far_ms = far * 2**60
        odd = SourceRecord(topic, 0, 7, far_ms, b"anna", raw)
        assert pushes([other[0], odd, *other[1:]], cuts=cuts) == []


def kept(rows, outputs):
    """What may not depend on where batches were cut: users' rows, and all but the learner's part."""
    users = {key: row for key, row in rows.items() if key.startswith(USER)}
    return users, [output for output in outputs if output.topic != "signals"]


says_yes = st.just(("context", json.dumps(YES | {"ts": NO_MS + 1}).encode(), 0))


@given(st.lists(spoiled() | says_yes, max_size=4), st.lists(st.integers(0, 8), max_size=5))
@settings(max_examples=examples(75))
def test_any_split_gives_the_same_rows_and_outputs(told, cuts):
    records = shop(*((topic, raw, NO_MS + 2 * n) for n, (topic, raw, _) in enumerate(told)))
    assert kept(*decided(records, cuts=cuts)) == kept(*decided(records))


@pytest.mark.parametrize("topic", SAYS_NO)
def test_key_and_user_must_agree(topic):
    records = shop((topic, SAYS_NO[topic] | {"user_id": "bert"}, NO_MS))
    assert len(pushes(records)) == 1


@pytest.mark.parametrize("topic", SAYS_NO)
@pytest.mark.parametrize("ts_ms", [T0_MS - 400 * DAY_MS, T0_MS - MINUTE_MS, NO_MS + 400 * DAY_MS])
def test_a_no_is_dated_by_its_record_and_late_ones_count(topic, ts_ms):
    assert pushes(shop((topic, SAYS_NO[topic] | {"ts": ts_ms}, NO_MS))) == []


def test_a_no_of_a_far_future_is_of_its_arrival_so_that_a_later_yes_counts():
    records = shop(
        ("context", SAYS_NO["context"], NO_MS),
        ("context", {"event_id": "y2", "user_id": "anna", "ts": NO_MS + 5, "consent": {"push": True}},
         NO_MS + 5),
    )  # fmt: skip
    far = SourceRecord(
        "context", 0, 1, NO_MS + DAY_MS, b"anna", records[1].value, refused=DeadReason.RECORD_TS_FUTURE
    )  # fmt: skip
    assert pushes([records[0], far, *records[3:]]) == []
    assert len(pushes([records[0], far, *records[2:]])) == 1


@pytest.mark.parametrize(
    ("ts_ms", "sent"),
    [
        (NO_MS + 1, 1), (NO_MS, 0), (NO_MS - 1, 0), (NO_MS + MINUTE_MS, 1),
        (NO_MS + 10 + MINUTE_MS, 1), (NO_MS + 11 + MINUTE_MS, 0),
    ],
)  # fmt: skip
def test_a_yes_counts_from_the_earlier_of_its_times_and_not_far_ahead_of_its_record(ts_ms, sent):
    records = shop(
        ("context", SAYS_NO["context"], NO_MS), ("context", YES | {"ts": ts_ms}, NO_MS + 10)
    )
    assert len(pushes(records)) == sent


def test_a_yes_of_a_later_record_counts_from_its_own_time():
    assert pushes(shop(
        ("context", SAYS_NO["context"], NO_MS), ("context", YES | {"ts": NO_MS - 5}, NO_MS + 10)
    )) == []  # fmt: skip


@pytest.mark.parametrize("topic", SAYS_NO)
def test_a_no_that_is_delivered_again_is_no_new_arrival(topic):
    again = [(topic, SAYS_NO[topic], NO_MS), ("context", YES | {"ts": NO_MS + 5}, NO_MS + 5)]
    assert len(pushes(shop(*again, (topic, SAYS_NO[topic], NO_MS + 10)))) == 1
    spoilt = SAYS_NO[topic] | {"schema_version": 9}
    again[0] = (topic, spoilt, NO_MS)
    assert len(pushes(shop(*again, (topic, spoilt, NO_MS + 10)))) == 1


@pytest.mark.parametrize("default", ["denied", "granted"])
@pytest.mark.parametrize("null", [None, {"push": None}])
def test_null_never_turns_a_no_into_a_yes(default, null):
    cleared = {"event_id": "n", "user_id": "anna", "ts": NO_MS + 5, "consent": null}
    records = shop(("context", SAYS_NO["context"], NO_MS), ("context", cleared, NO_MS + 5))
    chosen = load_settings(
        {}, consent_default=default, quiet_start="00:00", quiet_end="00:00", send_time="now"
    )
    assert pushes(records, chosen=chosen) == []


@pytest.mark.parametrize("word", ["maybe", "yes", "true", 1, 2.5, [False], {"a": 1}, ""])
def test_another_word_is_neither_yes_nor_no(word):
    value = SAYS_NO["context"] | {"consent": {"push": word}}
    assert len(pushes(shop(("context", value, NO_MS)))) == 1
    records = shop(("context", SAYS_NO["context"], NO_MS),
                   ("context", value | {"event_id": "w"}, NO_MS + 5))  # fmt: skip
    assert pushes(records) == []


def test_a_bad_field_is_a_partial_letter_and_the_record_counts_once():
    records = shop(("context", SAYS_NO["context"] | {"timezone": "GMT+05:30"}, NO_MS))
    outputs = decided(records)[1]
    (letter,) = (dict(o.headers) for o in outputs if o.topic == "dead-letters")
    assert letter["kairos-reason"] == b"unknown_zone"
    assert letter["kairos-partial"] == b"timezone"
    assert pushes(records) == []
