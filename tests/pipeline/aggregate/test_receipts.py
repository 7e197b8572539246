from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.due import EVENING_MS, HOUR_MS, Person, due_users
from support.examples import examples
from support.records import Log, at

from schemas.state import NO_REVISION, PUSH, Ragged, UserState
from schemas.tables import RECEIPT_ROW
from schemas.vocabulary import PushStatus
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate.receipts import (
    EARLY_RECEIPTS,
    apply_early,
    apply_receipts,
    without_push,
)
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.policy.told import counted_times, gap_times
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore

SENT_MS = EVENING_MS
TOLD = tuple(status for status in PushStatus if 0 < status < PushStatus.CANCELLED)
STATUSES = st.lists(st.tuples(st.sampled_from(TOLD), st.integers(0, 9)), max_size=8)


def receipts(*told, push=0):
    """Rows of one user: (status, hours after the slot begins)."""
    rows = np.zeros(len(told), RECEIPT_ROW)
    for row, (status, hours) in zip(rows, told, strict=True):
        row["status"], row["ts_ms"] = status, SENT_MS + hours * HOUR_MS
    rows["id_hi"], rows["id_lo"], rows["revision"] = 7, push, NO_REVISION
    return rows


def one_push(status=PushStatus.PUBLISHED) -> UserState:
    return due_users(Person(pushes=[(SENT_MS, 1, status)])).state


def answer(*told, status=PushStatus.PUBLISHED):
    """Hours at which a push counts for the cap, and from which its gap runs."""
    state = one_push(status)
    apply_receipts(state, receipts(*told))
    return hours(state)


def hours(state):
    ((*cap,), (*gap,)) = counted_times(state)[0], gap_times(state)[0]
    return [(ms - SENT_MS) / HOUR_MS for ms in (*cap, *gap)]


S = PushStatus


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ([], [0, 0]),
        ([(S.SENT, 1)], [1, 1]),
        ([(S.DELIVERED, 4)], [4, 4]),
        ([(S.SENT, 1), (S.DELIVERED, 2), (S.FAILED, 3)], [2, 2]),
        ([(S.DELIVERED, 5), (S.DELIVERED, 2), (S.OPENED, 7)], [2, 7]),
        ([(S.SENT, 1), (S.FAILED, 2)], []),
        ([(S.EXPIRED, 3)], []),
        ([(S.SKIPPED, 3), (S.OPENED, 2)], [2, 2]),
        ([(S.SENT, 3), (S.SENT, 1)], [1, 1]),
        ([(S.RATING, 3)], [0, 0]),
    ],
)
def test_what_a_device_showed_counts_once_at_its_earliest_and_lasts_from_its_latest(told, counts):
    assert answer(*told) == counts


def test_a_cancel_that_came_too_late_counts_and_one_in_time_does_not():
    assert answer(status=S.CANCELLED) == []
    assert answer((S.FAILED, 1), status=S.CANCELLED) == []
    assert answer((S.SENT, 1), status=S.CANCELLED) == [1, 1]
    assert answer((S.FAILED, 1), (S.DELIVERED, 2), status=S.CANCELLED) == [2, 2]


@given(STATUSES, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=examples(200))
def test_any_order_and_repetition_of_receipts_gives_the_same_state(told, rng, early):
    """Split into batches, too; and before the push is known as well as after."""
    whole, parts = one_push(), one_push()
    apply_receipts(whole, receipts(*told))
    again = told + rng.choices(told, k=4) if told else []
    rng.shuffle(again)
    pushes = parts.pushes
    if early:
        parts.pushes = Ragged.empty(1, PUSH)
    for each in again:
        apply_receipts(parts, receipts(each))
    parts.pushes = pushes if early else parts.pushes
    apply_early(parts)
    assert parts.pushes.data.tolist() == whole.pushes.data.tolist()
    assert len(parts.early.data) == 0
    assert hours(parts) == hours(whole)


@given(st.permutations(range(EARLY_RECEIPTS + 5)))
@settings(max_examples=examples(50))
def test_of_receipts_without_a_push_the_newest_few_are_kept_each_once(order):
    state = UserState.fresh([b"k" * 16])
    for n in order:
        rows = receipts((S.SENT, n), (S.SENT, n), push=n)
        assert without_push(state, rows).all()
        apply_receipts(state, rows)
    assert state.early.data["id_lo"].tolist() == list(range(5, EARLY_RECEIPTS + 5))


T0_MS = at("2026-03-20T12:00:00+00:00")
MINUTE_MS = 60_000
SETTINGS = load_settings({}, consent_default="granted", cap_per_day=1, debounce_ms=1_000)


def played(log, batch):
    store, found = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"receipts", SETTINGS.tenant))
    for start in range(0, len(log.records), batch):
        effects = pipeline.process(0, store, log.records[start : start + batch])
        store.apply(effects.rows)
        found += [json.loads(o.value) for o in effects.outputs if o.topic == "recommendations"]
    return found, read_marker(store).counts


def ids(found):
    return [value["recommendation_id"] for value in found]


def receipt(log, identity, status, minute):
    value = {"recommendation_id": identity, "user_id": "anna", "status": status}
    ts_ms = T0_MS + minute * MINUTE_MS
    log.add("push-receipts", "anna", value | {"ts": ts_ms, "device_id": "tablet"}, ts_ms)


@pytest.mark.parametrize("batch", [1, 50])
def test_a_push_that_failed_on_one_device_and_was_shown_on_another_fills_the_cap(batch):
    first = Log()
    first.click("anna", "fav", "kettle", T0_MS)
    (identity,) = ids(played(first, 1)[0])
    told = [("sent", 1), ("delivered", 2), ("failed", 3), ("sent", 1), ("delivered", 9)]
    for seed in range(5):
        random.Random(seed).shuffle(told)
        log = Log()
        log.click("anna", "fav", "kettle", T0_MS)
        for status, minute in told:
            receipt(log, identity, status, minute)
        log.click("anna", "fav", "pan", T0_MS + 150 * MINUTE_MS)
        found, counts = played(log, batch)
        assert ids(found) == [identity]
        assert counts["suppressed.cap_reached"] == 1
        assert counts.get("receipts_without_push", 0) == 0


@pytest.mark.parametrize("batch", [1, 50])
def test_a_receipt_that_comes_before_its_push_holds_and_one_without_is_counted(batch):
    first = Log()
    first.click("anna", "fav", "kettle", T0_MS)
    (identity,) = ids(played(first, 1)[0])
    log = Log()
    receipt(log, identity, "failed", -5)
    receipt(log, "00000000-0000-5000-8000-000000000000", "delivered", -5)
    log.click("anna", "fav", "kettle", T0_MS)
    log.click("anna", "fav", "pan", T0_MS + 150 * MINUTE_MS)
    found, counts = played(log, batch)
    assert len(ids(found)) == 2, "the first failed before it was known, so the cap is free"
    assert counts["receipts_without_push"] == 2


def test_a_push_of_an_earlier_build_counts_by_the_one_status_that_it_has():
    assert hours(one_push(S.DELIVERED)) == [0, 0]
    assert hours(one_push(S.FAILED)) == []
    assert answer((S.OPENED, 3), status=S.FAILED) == [3, 3]
