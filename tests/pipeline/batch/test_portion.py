"""However many timers are due at once, a unit of commit fires only so many; nothing else changes."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pipeline.batch.test_wake import RESTOCK, USERS, VAULT, epoch
from support.examples import examples
from support.records import Log, at

from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.pipeline.batch.portion import SLICE_TIMERS, first_slice
from streams.pipeline.batch.timer_index import due_of, entry, user_of
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MARKER, TIMER, MemoryStore, Work

NOON_MS = at("2026-03-20T12:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings({}, consent_default="granted", quiet_start="00:00", quiet_end="00:00")
PUBLIC = ("decisions", "recommendations", "suppressions", "dead-letters", "late")


def pipeline(slice_timers, *epochs):
    made = Pipeline(SETTINGS, VAULT, Knowledge(), slice_timers=slice_timers)
    for one in epochs:
        assert made.knowledge.apply_epoch(msgspec.msgpack.encode(one)) is None
    return made


def commits(job, store, records):
    """Apply a batch; return the effects of each commit."""
    found = []
    for effects in job.process_whole(0, store, records):
        store.apply(effects.rows)
        found.append(effects)
    return found


def public(found):
    return [output for effects in found for output in effects.outputs if output.topic in PUBLIC]


def decisions(found):
    return [json.loads(output.value) for output in public(found) if output.topic == "decisions"]


def carts(users, gap_ms=0):
    """Each of the users leaves a cart behind, and an hour passes for all of them."""
    log = Log()
    for number in range(users):
        log.click(f"user{number}", "cart", "kettle", NOON_MS + number * gap_ms)
    log.tick(NOON_MS + users * gap_ms + 2 * HOUR_MS)
    return log.records


scripts = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(USERS),
        st.sampled_from(["cart", "cart", "search", "view", "fav", "buy", "bad", "tick"]),
        st.sampled_from([0, 0, 0, 10, 59, 61, 90]),
    ),
    min_size=1,
    max_size=16,
)
sizes = st.sampled_from([1, 2, 3, 7, 1_000])
woken = st.lists(
    st.tuples(
        st.just(0), st.sampled_from(USERS), st.sampled_from(["kettle", "teapot"]), st.just(RESTOCK)
    ),
    max_size=4,
).map(sorted)


def log_of(script, partition=0):
    """``script``: (minutes since the last record, user, what, minutes it was under way)."""
    log, now_ms = Log(partition), NOON_MS
    for gap_min, user, what, late_min in script:
        now_ms += gap_min * MINUTE_MS
        ts_ms = now_ms - late_min * MINUTE_MS
        if what == "buy":
            log.purchase(user, ["kettle"], ts_ms)
        elif what == "search":
            log.click(user, "search", None, ts_ms, query="kettle")
        elif what == "tick":
            log.tick(now_ms)
        elif what == "bad":
            log.add("clicks", user, b"{not json", now_ms)
        else:
            log.click(user, what, "kettle", ts_ms)
        log.records.append(msgspec.structs.replace(log.records.pop(), timestamp_ms=now_ms))
    log.tick(now_ms + 3 * HOUR_MS)
    log.tick(now_ms + 5 * HOUR_MS)
    return log.records


TOGETHER = [(0, "cleo", "cart", 0), (5, "anna", "cart", 0), (5, "bert", "search", 0)]
"""Timers fire by their time, not by who they are of."""


@settings(max_examples=examples(120))
@given(scripts, st.lists(st.integers(0, 16), max_size=4), sizes, woken)
@example(TOGETHER, [3], 1, [])
def test_any_slices_and_batches_give_the_same_state_and_outputs_in_the_same_order(
    script, cuts, size, wakes
):
    records, known = log_of(script), (epoch(1, 0.5, *wakes), epoch(2, 1, *wakes))
    whole, parts = MemoryStore(), MemoryStore()
    said = public(commits(pipeline(SLICE_TIMERS, *known), whole, records))
    edges = sorted({0, *(min(cut, len(records)) for cut in cuts), len(records)})
    again, job = [], pipeline(size, *known)
    for start, stop in pairwise(edges):
        again += public(commits(job, parts, records[start:stop]))
    assert parts.rows == whole.rows
    assert again == said


@settings(max_examples=examples(60))
@given(scripts, sizes, woken)
def test_at_each_record_the_state_is_that_of_any_other_slices(script, size, wakes):
    known = (epoch(1, 0.5, *wakes), epoch(2, 1, *wakes))
    whole, parts = MemoryStore(), MemoryStore()
    for record in log_of(script):
        commits(pipeline(SLICE_TIMERS, *known), whole, [record])
        commits(pipeline(size, *known), parts, [record])
        assert parts.rows == whole.rows


@settings(max_examples=examples(40))
@given(st.lists(scripts, min_size=2, max_size=3), sizes, woken)
def test_together_every_partition_gets_what_it_gets_alone(inputs, size, wakes):
    job, stores = pipeline(size, epoch(1, 0.5, *wakes)), [MemoryStore() for _ in inputs]
    left = [log_of(script, number) for number, script in enumerate(inputs)]
    while any(left):
        work = [Work(n, stores[n], records) for n, records in enumerate(left) if records]
        alone = [job.process(*each) for each in work]
        assert job.process_all(work) == alone
        for each, effects in zip(work, alone, strict=True):
            each.store.apply(effects.rows)
            left[each.partition] = each.records[len(each.records) - effects.left :]


@pytest.mark.parametrize("gap_ms", [0, 1])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_no_commit_fires_the_timers_of_more_users_than_its_bound(size, gap_ms):
    users = 2_500 if size == 1_000 else 40
    job, store, records = pipeline(size), MemoryStore(), carts(users, gap_ms)
    commits(job, store, records[:-1])
    found = commits(job, store, records[-1:])
    assert len(decisions(found)) == users
    assert max(effects.decided for effects in found) <= size
    fired = [(d["trigger"]["due_ms"], d["user"]) for d in decisions(found)]
    assert fired == sorted(fired)


def test_before_the_record_itself_only_timers_move():
    job, store, records = pipeline(7), MemoryStore(), carts(40)
    commits(job, store, records[:-1])
    before = read_marker(store)
    effects = job.process(0, store, records[-1:])
    store.apply(effects.rows)
    marker = read_marker(store)
    assert (effects.left, effects.decided) == (1, 7)
    for name in ("stream_ms", "epoch", "records", "next_offsets"):
        assert getattr(marker, name) == getattr(before, name)
    assert user_of(marker.fired).hex() == decisions([effects])[-1]["user"]
    commits(job, store, records[-1:])
    assert read_marker(store).fired == b""
    assert read_marker(store).stream_ms == records[-1].timestamp_ms


@pytest.mark.parametrize("size", [1, 1_000])
def test_a_dead_letter_comes_with_its_record_after_the_timers_before_it(size):
    carts = [(0, "anna", "cart", 0), (0, "bert", "cart", 0)]
    job, store = pipeline(size), MemoryStore()
    records = log_of([*carts, (70, "", "tick", 0), (1, "anna", "bad", 0)])
    found = commits(job, store, records[:2]) + commits(job, store, records[2:])
    topics = [o.topic for o in public(found) if o.topic in ("decisions", "dead-letters")]
    assert topics == ["decisions", "decisions", "dead-letters"]


def test_timers_before_the_record_that_adopts_an_epoch_are_decided_under_the_one_before():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.click("bert", "fav", "kettle", NOON_MS + 2 * HOUR_MS)
    found = commits(pipeline(SLICE_TIMERS, epoch(3, 1.5)), MemoryStore(), log.records)
    assert [(d["trigger"]["kind"], d["epoch"]) for d in decisions(found)] == [
        ("cart_left", None),
        ("favourite", 3),
    ]


def test_after_a_restart_between_two_slices_each_timer_has_fired_once():
    store, records = MemoryStore(), carts(40)
    commits(pipeline(7), store, records[:-1])
    found = []
    while not found or found[-1].left:
        effects = pipeline(7).process(0, store, records[-1:])  # a new process each time
        store.apply(effects.rows)
        found.append(effects)
    assert len({d["decision_id"] for d in decisions(found)}) == len(decisions(found)) == 40
    assert len(found) == 6
    assert store.scan(TIMER, TIMER + b"\xff" * 9) == []


def test_a_record_that_comes_between_two_slices_loses_no_timer():
    """After a restart the merge may know of an earlier record: it is applied where it comes."""
    job, store, records = pipeline(7), MemoryStore(), carts(40)
    commits(job, store, records[:-1])
    first = job.process(0, store, records[-1:])
    store.apply(first.rows)
    body = {"event_id": "x", "user_id": "zoe", "event": "cart", "item_id": "kettle", "ts": NOON_MS}
    between = SourceRecord("clicks", 0, 40, NOON_MS + MINUTE_MS, b"zoe", msgspec.json.encode(body))
    found = [first, *commits(job, store, [between, *records[-1:]])]
    assert len(decisions(found)) == len({d["user"] for d in decisions(found)}) == 41


def test_a_slice_of_users_with_several_timers_fires_each_at_its_place():
    log = Log()
    for user in ("anna", "bert"):
        log.click(user, "cart", "kettle", NOON_MS)
    log.click("anna", "search", None, NOON_MS + MINUTE_MS, query="kettle")
    log.tick(NOON_MS + 30 * HOUR_MS)
    for size in (1, SLICE_TIMERS):
        found = decisions(commits(pipeline(size), MemoryStore(), log.records))
        due = [d["trigger"]["due_ms"] for d in found]
        assert due == sorted(due)
        assert len(found) == 3


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), unique=True, min_size=1), sizes)
def test_a_slice_ends_where_no_next_timer_of_its_users_can_come_before_the_rest(pairs, size):
    due = sorted(entry(due_ms, bytes([user]) * 16) for due_ms, user in pairs)
    chosen, rest = first_slice(due, size), due[len(first_slice(due, size)) :]
    assert 1 <= len(chosen) <= max(size, 1)
    assert chosen + rest == due
    if rest and due_of(chosen[-1]) == due_of(rest[0]):
        assert len({due_of(key) for key in chosen}) == 1


def test_a_marker_of_before_reads_as_one_that_has_no_timer_under_way():
    store = MemoryStore()
    store.apply({MARKER: msgspec.msgpack.encode({"stream_ms": 5, "records": 2})})
    assert read_marker(store).fired == b""
