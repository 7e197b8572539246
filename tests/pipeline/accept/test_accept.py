"""A batch of records: each is accepted or dead, in order, counted, and at no other's cost."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.inputs import (
    CLICK,
    CONTEXT,
    LINE,
    NOW_MS,
    PURCHASE,
    SETTINGS,
    VALID,
    click,
    record,
    run,
)
from support.records import at

from schemas.vocabulary import COMMITTED_VERDICTS, DeadReason, EventType
from streams.pipeline.accept.validate import REFUSED


def test_unknown_fields_are_counted_at_every_level():
    batch = run(
        record("clicks", click(a=1, b={"c": 1})),
        record("purchases", PURCHASE | {"lines": [LINE | {"x": 1}, LINE | {"y": [], "z": 0}]}),
        record("context", CONTEXT | {"consent": {"push": True, "sms": False}, "mood": "good"}),
        record("clicks", CLICK),
    )
    assert batch.dead == []
    assert batch.counts["unknown_fields"] == 2 + 3 + 2


def test_a_dead_record_counts_no_unknown_fields():
    assert run(record("clicks", click(event="stare", extra=1))).counts["unknown_fields"] == 0


def test_a_shop_may_use_its_own_event_names():
    renamed = msgspec.structs.replace(SETTINGS, event_names={"pv": "view", "a2c": "cart"})
    batch = run(
        record("clicks", click(event="pv")),
        record("clicks", click(event="a2c")),
        record("clicks", click(event="fav")),
        settings=renamed,
    )
    assert batch.facts["type"].tolist() == [EventType.VIEW, EventType.CART, EventType.FAV]


def test_topics_may_carry_the_prefix_of_the_deployment():
    prefixed = msgspec.structs.replace(SETTINGS, topic_prefix="shop.")
    with_prefix = run(record("shop.clicks", CLICK), settings=prefixed)
    bare = run(record("clicks", CLICK))
    assert with_prefix.events.tolist() == bare.events.tolist()


def test_a_record_of_another_topic_is_refused_loudly():
    with pytest.raises(ValueError, match="catalog"):
        run(record("catalog", CLICK))


def test_stream_time_is_the_largest_timestamp_so_far_ticks_included_and_dead_letters_not():
    records = [
        record("clicks", CLICK, timestamp_ms=NOW_MS + 5),
        record("clicks", b"bad", timestamp_ms=NOW_MS + 9),
        record("clicks", CLICK, timestamp_ms=NOW_MS),
        record("ticks", {"ts": NOW_MS + 20}, None, timestamp_ms=NOW_MS + 20),
    ]
    batch = run(*records, stream_ms=NOW_MS + 7)
    assert (batch.stream_ms - NOW_MS).tolist() == [7, 7, 7, 20]
    assert batch.counts["ticks"] == 1


FAR_MS = at("9999-01-01T00:00:00+00:00")
IMPOSSIBLE_MS = (-1, 0, 86_400_000, NOW_MS // 1000, NOW_MS * 1000, FAR_MS, 2**63 - 1, -(2**63))


@pytest.mark.parametrize("topic", ["clicks", "ticks", "push-receipts", "profiles", "social"])
@pytest.mark.parametrize("timestamp_ms", IMPOSSIBLE_MS)
def test_a_record_of_an_impossible_time_is_a_dead_letter_whatever_it_says(topic, timestamp_ms):
    value = VALID.get(topic, {"ts": NOW_MS})
    batch = run(record(topic, value, timestamp_ms=timestamp_ms), stream_ms=NOW_MS)
    assert [letter.reason for letter in batch.dead] == ["record_ts_impossible"]
    assert batch.stream_ms.tolist() == [NOW_MS]
    assert batch.counts["ticks"] == len(batch.events) == len(batch.contexts) == 0


def test_a_verdict_that_came_with_a_record_is_not_judged_again():
    refused = msgspec.structs.replace(record("clicks", CLICK), refused=DeadReason.RECORD_TS_FUTURE)
    batch = run(refused, record("clicks", CLICK), stream_ms=7)
    assert [letter.reason for letter in batch.dead] == ["record_ts_future"]
    assert batch.stream_ms.tolist() == [7, NOW_MS]
    assert (batch.counts["consumed"], batch.counts["accepted"]) == (2, 1)


def test_every_verdict_that_is_committed_has_a_sentence():
    assert set(REFUSED) == COMMITTED_VERDICTS


def test_a_batch_without_records_is_empty():
    batch = run()
    assert len(batch.stream_ms) == len(batch.events) == len(batch.facts) == 0
    assert set(batch.counts.values()) == {0}


def test_no_user_id_is_in_what_flows_on():
    batch = run(record("clicks", CLICK | {"user_id": "anna"}, b"anna"))
    assert "anna" not in batch.names.values()
    assert all(b"anna" not in key for key in batch.keys)


paths = st.sampled_from(["event_id", "user_id", "ts", "event", "item_id", "lines", "lat", "new"])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(paths, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw):
    topic = draw(st.sampled_from(sorted(VALID)))
    value = VALID[topic] | draw(st.dictionaries(paths, json_values, max_size=2))
    raw = bytearray(json.dumps(value).encode())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return topic, bytes(raw)


anything = st.tuples(st.sampled_from(sorted(VALID)), st.none() | st.binary(max_size=40))


@given(st.lists(spoiled() | anything, max_size=6))
@settings(max_examples=examples(100))
def test_whatever_comes_is_accepted_or_dead_and_costs_no_other_record(inputs):
    records = [record(*pair, offset=n) for n, pair in enumerate(inputs)]
    guard = record("clicks", CLICK | {"event_id": "guard"}, offset=99)
    batch = run(*records, guard)
    dead = {letter.record.offset for letter in batch.dead}
    good = set(batch.events["pos"].tolist()) | set(batch.receipts["pos"].tolist())
    assert dead | good == set(range(len(records) + 1))
    assert not dead & good
    assert all(letter.sentence for letter in batch.dead)
    for n, one in enumerate(records):
        alone = run(one)
        assert [letter.reason for letter in alone.dead] == [
            letter.reason for letter in batch.dead if letter.record.offset == n
        ]
        assert alone.facts["item"].tolist() == batch.facts["item"][batch.facts["pos"] == n].tolist()
    counts = batch.counts
    assert counts["consumed"] == counts["accepted"] + counts["dead_letters"]
    assert len(batch.dead) == counts["dead_letters"] + counts["other_dead_letters"]


@given(st.lists(spoiled(), min_size=1, max_size=5))
@settings(max_examples=examples(50))
def test_rows_of_a_batch_are_in_the_order_of_its_records(inputs):
    batch = run(*(record(*pair) for pair in inputs), record("purchases", PURCHASE))
    for rows in (batch.events, batch.facts, batch.contexts, batch.receipts):
        assert (np.diff(rows["pos"]) >= 0).all()
