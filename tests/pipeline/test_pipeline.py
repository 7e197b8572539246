"""The data path as a whole: laws of DESIGN section 2 on any input, cut in any way."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.examples import examples
from support.records import Log, at

from schemas.vocabulary import DeadReason
from streams.pipeline.accept import NO_REFUSALS, Vault, is_dead
from streams.pipeline.aggregate import facts_length
from streams.pipeline.batch.portion import SLICE_TIMERS
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MARKER, TIMER, USER, MemoryStore

T0_MS = at("2026-03-20T10:00:00+00:00")
MINUTE_MS = 60_000
VAULT = Vault(b"test secret", "default")
SETTINGS = load_settings({}, consent_default="granted", repeat_item_views=2, debounce_ms=3_600_000)


def run(records, cuts=(), conf=SETTINGS, slice_timers=SLICE_TIMERS):
    """Process the records in the given cuts; returns (store, outputs)."""
    store, outputs = MemoryStore(), []
    vault = Vault(b"test secret", conf.tenant)
    pipeline = Pipeline(conf, vault, slice_timers=slice_timers)
    edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
    for start, stop in pairwise(edges):
        for effects in pipeline.process_whole(0, store, records[start:stop]):
            store.apply(effects.rows)
            outputs += [output for output in effects.outputs if output.topic != "signals"]
    return store, outputs


def by_topic(outputs, topic):
    return [json.loads(output.value) for output in outputs if output.topic == topic]


steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "view",
                "view",
                "view",
                "cart",
                "fav",
                "search",
                "buy",
                "device",
                "zone",
                "tick",
                "bad",
                "bad ahead",
                "far",
                "refused",
                "repeat",
            ]
        ),
        st.integers(0, 2),
        st.integers(0, 3),
        st.integers(0, 90),
        st.integers(-200, 30),
    ),
    min_size=1,
    max_size=40,
)


DAY_MS = 24 * 60 * MINUTE_MS
FAR_MS = {
    "bad ahead": (MINUTE_MS, DAY_MS, 400 * DAY_MS, 9_000 * DAY_MS),
    "far": (0, -1, at("9999-01-01T00:00:00+00:00"), T0_MS * 1_000),
    "refused": (2 * 60 * MINUTE_MS, DAY_MS, 400 * DAY_MS, 9_000 * DAY_MS),
}
"""What moves no time: how far ahead dead letters are, and times that are none."""


def click(who, name, ts_ms):
    body = {"event_id": f"far{ts_ms}", "user_id": who, "event": "view", "ts": ts_ms}
    return json.dumps(body | {"item_id": name}).encode()


def build(script):
    """Turn a script into a partition's input sequence: record time moves on, ts may lag."""
    log, now_ms = Log(), T0_MS
    for i, (what, user, item, gap_min, skew_min) in enumerate(script):
        now_ms += gap_min * MINUTE_MS
        ts_ms = now_ms + skew_min * MINUTE_MS
        who, name = f"user{user}", f"item{item}"
        if what in ("view", "cart", "fav"):
            log.click(who, what, name, ts_ms, category_id=f"cat{item % 2}")
        elif what == "search":
            log.click(who, "search", None, ts_ms, query="kettle")
        elif what == "buy":
            log.purchase(who, [name], ts_ms)
        elif what == "device":
            log.context(who, ts_ms, device=["mobile", "desktop", "tablet", "tv"][item])
        elif what == "zone":
            log.context(
                who,
                ts_ms,
                timezone=["Europe/London", "Asia/Kathmandu", "America/New_York", "UTC"][item],
            )
        elif what == "tick":
            log.tick(now_ms)
        elif what == "bad":
            log.add("clicks", who, b"{not json", now_ms)
        elif what in FAR_MS:
            ahead_ms = FAR_MS[what][item] if what == "far" else now_ms + FAR_MS[what][item]
            value = b"{not json" if what == "bad ahead" else click(who, name, ts_ms)
            far = log.add(["clicks", "ticks"][item % 2], who, value, ahead_ms)
            verdict = DeadReason.RECORD_TS_FUTURE if what == "refused" else None
            if what == "bad ahead" and far.topic == "ticks":
                verdict = DeadReason.RECORD_TS_FUTURE
            log.records[-1] = replace(far, refused=verdict)
            continue
        elif log.records:
            again = log.records[i % len(log.records)]
            log.add(again.topic, again.key and again.key.decode(), again.value, now_ms)
        if log.records:
            log.records.append(replace(log.records.pop(), timestamp_ms=now_ms))
    return log.records


@pytest.mark.parametrize("slice_timers", [1, 7, 1_000])
@given(steps, st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=examples(150))
def test_any_cut_into_batches_and_slices_gives_the_same_state_decisions_and_ids(
    slice_timers, script, cuts
):
    records = build(script)
    whole_store, whole = run(records)
    cut_store, cut = run(records, cuts, slice_timers=slice_timers)
    assert cut_store.rows == whole_store.rows
    assert cut == whole


@given(steps, st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=examples(150))
def test_what_dies_moves_no_time_and_fires_no_timer(script, cuts):
    records = build([*script, ("tick", 0, 0, 0, 0)])  # what is due already fires before any record
    sound = [record for record in records if not is_dead(record, SETTINGS, VAULT, NO_REFUSALS)]
    store, outputs = run(records, cuts)
    without, expected = run(sound)
    assert read_marker(store).stream_ms == read_marker(without).stream_ms
    assert users(store) == users(without)
    assert decided(outputs) == decided(expected)


def decided(outputs):
    found = by_topic(outputs, "decisions")
    return sorted((d["now_ms"], d["user"], d["trigger"]["kind"], d["outcome"]) for d in found)


def users(store):
    """Facts and timers; what else a row has names decisions, whose ids tell their place."""
    rows = store.rows.items()
    facts = {key: row[: facts_length(row)] for key, row in rows if key.startswith(USER)}
    return facts, sorted(key for key, _ in rows if key.startswith(TIMER))


@given(steps)
@settings(max_examples=examples(150))
def test_everything_is_accounted_for(script):
    records = build(script)
    store, outputs = run(records)
    counts = read_marker(store).counts
    consumed = sum(record.topic in ("clicks", "purchases", "context") for record in records)
    kept = ("accepted", "duplicates", "late", "dead_letters")
    assert counts.get("consumed", 0) == consumed == sum(counts.get(name, 0) for name in kept)
    decided = len(by_topic(outputs, "decisions"))
    told = by_topic(outputs, "recommendations")
    recommended = sum(r["action"] == "upsert" and r["revision"] == 0 for r in told)
    suppressed = by_topic(outputs, "suppressions")
    assert counts.get("decided", 0) == decided == recommended + len(suppressed)
    assert counts.get("recommended", 0) == recommended
    by_reason = Counter(f"suppressed.{each['reason']}" for each in suppressed)
    assert by_reason == {name: n for name, n in counts.items() if name.startswith("suppressed.")}
    assert len({d["decision_id"] for d in by_topic(outputs, "decisions")}) == decided


@given(steps)
@settings(max_examples=examples(30))
def test_replayed_twice_gives_the_same_bytes(script):
    records = build(script)
    assert run(records)[1] == run(records)[1]


@given(steps)
@settings(max_examples=examples(40))
def test_no_raw_user_id_leaves_except_as_subscriber_id(script):
    store, outputs = run(build(script))
    for output in outputs:
        if output.topic not in ("recommendations", "dead-letters"):
            assert b"user" not in (output.key or b"")
            assert b"user0" not in output.value
            assert b"user1" not in output.value
    for key, value in store.rows.items():
        assert b"user0" not in key
        assert b"user0" not in value
    assert not outputs or MARKER in store.rows
