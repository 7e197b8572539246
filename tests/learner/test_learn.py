"""The learner's parts, each against a plain Python model."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.vocabulary import EventType
from streams.learner.demand import DAY_H, HOUR_MS, WEEK_H, WEIGHTS, Demand
from streams.learner.index import HashIndex
from streams.learner.items import Items
from streams.learner.meetings import BACKWARD, BUCKET_OF, FORWARD, SHRINKAGE, MeetingCounts
from streams.learner.tally import Tally
from streams.learner.visits import HISTORY, Meetings, Visits

T_MS = 1_700_000_000_000


def u64(*numbers):
    return np.array(numbers, np.uint64)


def i64(*numbers):
    return np.array(numbers, np.int64)


@given(st.lists(st.lists(st.integers(1, 40), max_size=8), max_size=8))
@settings(max_examples=examples(80), deadline=None)
def test_a_hash_keeps_its_slot(batches):
    index, known = HashIndex(), {}
    for batch in batches:
        slots = index.slots(u64(*batch)).tolist()
        for number, slot in zip(batch, slots, strict=True):
            assert known.setdefault(number, slot) == slot
    assert sorted(known.values()) == list(range(len(known)))
    assert len(index) == len(known)
    assert {int(h): s for s, h in enumerate(index.hashes())} == known


def test_forgotten_hashes_make_room_and_the_rest_move_up():
    index = HashIndex()
    index.slots(u64(10, 20, 30))
    assert index.keep(np.array([True, False, True])).tolist() == [0, -1, 1]
    assert index.hashes().tolist() == [10, 30]
    assert index.slots(u64(30, 20)).tolist() == [1, 2]


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=9), max_size=6))
@settings(max_examples=examples(80), deadline=None)
def test_a_tally_is_a_counter(batches):
    tally, model = Tally(), Counter()
    for batch in batches:
        tally.add(i64(*(k for k, _ in batch)), i64(*(n for _, n in batch)))
        for key, n in batch:
            model[key] += n
    keys, counts = tally.rows()
    assert list(zip(keys.tolist(), counts.tolist(), strict=True)) == sorted(model.items())


def plain_visits(rows):
    """(user, item) in order -> Counter of (earlier, later, distance), Counter of entries."""
    histories, met, entered = {}, Counter(), Counter()
    for user, item in rows:
        history = histories.setdefault(user, [])
        if item in history:
            history.remove(item)
        else:
            met.update((other, item, distance) for distance, other in enumerate(history))
            entered[item] += 1
        history.insert(0, item)
        del history[HISTORY:]
    return met, entered


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 29)), max_size=120),
    st.integers(1, 50),
)
@settings(max_examples=examples(80), deadline=None)
def test_visits_meet_as_in_a_plain_list_per_user_however_they_are_cut(rows, size):
    visits, met, entered = Visits(100), Counter(), Counter()
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        users, items = u64(*(u for u, _ in part)), i64(*(i for _, i in part))
        found = visits.enter(users, items, np.full(len(part), T_MS))
        met.update(
            zip(*(c.tolist() for c in (found.earlier, found.later, found.distance)), strict=True)
        )
        entered.update(found.entered.tolist())
    assert (met, entered) == plain_visits(rows)


def test_beyond_the_bound_the_users_not_seen_for_longest_are_forgotten():
    visits = Visits(8)
    for user in range(9):
        visits.enter(u64(user + 1), i64(user), i64(T_MS + user))
    assert len(visits) == 7
    one = visits.enter(u64(1), i64(50), i64(T_MS + 99))
    nine = visits.enter(u64(9), i64(51), i64(T_MS + 99))
    assert one.earlier.tolist() == []
    assert nine.earlier.tolist() == [8]


def test_an_item_that_is_gone_leaves_a_gap_in_the_histories():
    visits = Visits(8)
    visits.enter(u64(1, 1, 1), i64(0, 1, 2), np.full(3, T_MS))
    visits.rename(i64(0, -1, 1))
    met = visits.enter(u64(1), i64(7), i64(T_MS))
    assert list(zip(met.earlier.tolist(), met.distance.tolist(), strict=True)) == [(1, 0), (0, 2)]


def test_weights_rank_purchase_over_cart_over_favourite_over_view():
    kinds = (EventType.PURCHASE, EventType.CART, EventType.FAV, EventType.VIEW)
    weights = [WEIGHTS[kind] for kind in kinds]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 4
    assert not {EventType.RETURN, EventType.CANCEL, EventType.REMOVE_CART} & set(WEIGHTS)


@pytest.mark.parametrize(
    ("age_h", "expected"),
    [(0, 8), (DAY_H - 1, 8), (DAY_H, 1), (WEEK_H - 1, 1), (WEEK_H, 0), (-1, 0)],
)
def test_demand_is_seven_days_and_seven_times_the_last(age_h, expected):
    demand = Demand()
    now_ms = T_MS // HOUR_MS * HOUR_MS + 5
    demand.add(i64(1), i64(now_ms - age_h * HOUR_MS), i64(1))
    assert demand.of(2, now_ms).tolist() == [0, expected]


def test_an_hour_that_has_not_begun_counts_later():
    demand = Demand()
    demand.add(i64(0), i64(T_MS + HOUR_MS), i64(1))
    assert demand.of(1, T_MS).tolist() == [0]
    assert demand.of(1, T_MS + HOUR_MS).tolist() == [8]


def test_beyond_the_bound_the_oldest_hours_go():
    demand = Demand(most=8)
    for hour in range(9):
        demand.add(i64(0), i64(T_MS + hour * HOUR_MS), i64(1))
    assert demand.of(1, T_MS + 8 * HOUR_MS).tolist() == [6 * 8]


def test_demand_follows_a_renumbering():
    demand = Demand()
    demand.add(i64(0, 1, 2), np.full(3, T_MS), i64(1, 2, 3))
    demand.rename(i64(1, -1, 0))
    assert demand.of(2, T_MS).tolist() == [24, 8]


def met(*rows):
    earlier, later, distance = zip(*rows, strict=True)
    return Meetings(i64(*earlier), i64(*later), i64(*distance), i64(*later))


def similar(counts, n, occurred, limit=9, allowed=None):
    every = np.ones(n, bool)
    allowed = every if allowed is None else np.array(allowed)
    found = counts.neighbours(every, allowed, np.arange(n), i64(*occurred), limit)
    pairs = zip(found.source.tolist(), found.item.tolist(), strict=True)
    return dict(zip(pairs, found.score.tolist(), strict=True))


def score(thousandths, a, b):
    x = thousandths / 1000 / (np.sqrt(a * b) + SHRINKAGE)
    return pytest.approx(x / (1 + x), rel=1e-6)


def test_meetings_are_weighted_by_direction_and_distance():
    counts = MeetingCounts()
    counts.add(met((0, 1, 0), (0, 1, 0), (0, 1, 3)))
    assert similar(counts, 2, (4, 9)) == {
        (0, 1): score(2 * FORWARD[0] + FORWARD[BUCKET_OF[3]], 4, 9),
        (1, 0): score(2 * BACKWARD[0] + BACKWARD[BUCKET_OF[3]], 4, 9),
    }


def test_being_bought_together_has_no_direction():
    counts = MeetingCounts()
    counts.add(met((0, 1, 7)), orders=True)
    assert similar(counts, 2, (1, 1)) == {(0, 1): score(4000, 1, 1), (1, 0): score(4000, 1, 1)}


def test_weights_fall_with_distance():
    assert (np.diff(FORWARD[:-1]) < 0).all()
    assert (np.diff(BACKWARD[:-1]) < 0).all()
    assert BUCKET_OF.tolist() == [0, 1, 2, 2] + [3] * 4 + [4] * 12


def test_only_the_best_allowed_neighbours_are_returned_ties_by_hash():
    counts = MeetingCounts()
    counts.add(met((0, 3, 0), (0, 1, 0), (0, 2, 0), (0, 2, 0), (0, 4, 0)))
    occurred = (4, 1, 1, 1, 1)
    allowed = [True, True, True, True, False]
    found = similar(counts, 5, occurred, limit=2, allowed=allowed)
    assert [pair for pair in found if pair[0] == 0] == [(0, 2), (0, 1)]


MET = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, HISTORY - 1))


@given(st.lists(MET, min_size=1, max_size=60), st.integers(1, 7), st.integers(1, 4))
@settings(max_examples=examples(60))
def test_neighbours_are_those_of_a_plain_count_however_many_are_looked_at_together(
    rows, together, limit
):
    counts = MeetingCounts()
    counts.add(met(*rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.learner.meetings.MOST_SOURCES", together)
        found = similar(counts, 6, (3, 1, 4, 1, 5, 9), limit=limit)
    assert found == plain_neighbours(rows, (3, 1, 4, 1, 5, 9), limit)


def plain_neighbours(rows, occurred, limit):
    weighted = Counter()
    for earlier, later, distance in rows:
        weighted[earlier, later] += int(FORWARD[BUCKET_OF[distance]])
        weighted[later, earlier] += int(BACKWARD[BUCKET_OF[distance]])
    scored = {}
    for (a, b), weight in weighted.items():
        x = weight / 1000 / (np.sqrt(occurred[a]) * np.sqrt(occurred[b]) + SHRINKAGE)
        scored[a, b] = float(np.float32(x / (1 + x)))
    best = {}
    for source in range(len(occurred)):
        mine = sorted((-scored[pair], pair) for pair in scored if pair[0] == source)
        best |= {pair: -negative for negative, pair in mine[:limit]}
    return best


def test_beyond_the_bound_the_rarest_pairs_go_of_those_the_longest_unseen():
    counts = MeetingCounts(most=4)
    counts.add(met((0, 1, 0), (0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 4, 0), (4, 5, 0)))
    counts.prune(i64(10, 10, 20, 30, 40, 50))
    kept = {pair for pair in similar(counts, 6, (1,) * 6) if pair[0] < pair[1]}
    assert kept == {(0, 1), (3, 4), (4, 5)}


def test_pairs_of_items_that_were_not_seen_for_a_month_expire():
    counts = MeetingCounts()
    counts.add(met((0, 1, 0), (1, 2, 0)))
    day_ms = 24 * HOUR_MS
    counts.expire(i64(T_MS - 31 * day_ms, T_MS, T_MS), T_MS)
    assert set(similar(counts, 3, (1, 1, 1))) == {(1, 2), (2, 1)}


def test_meetings_follow_a_renumbering():
    counts = MeetingCounts()
    counts.add(met((0, 1, 0), (1, 2, 0)))
    counts.rename(i64(-1, 0, 1))
    assert set(similar(counts, 2, (1, 1))) == {(0, 1), (1, 0)}


def test_the_latest_category_counts_whatever_the_order():
    told = [(T_MS, 7), (T_MS + 5, 8), (T_MS + 5, 9), (T_MS + 1, 99)]
    for order in (told, told[::-1], told[2:] + told[:2]):
        items = Items()
        for ts_ms, category in order:
            items.see(u64(1), u64(category), i64(ts_ms))
        items.see(u64(1), u64(0), i64(T_MS + 50))
        assert items.column("category").tolist() == [9]
        assert items.column("first_ms").tolist() == [T_MS]
        assert items.column("last_ms").tolist() == [T_MS + 50]


def test_beyond_the_bound_the_items_not_seen_for_longest_go():
    items = Items(most=8)
    items.see(u64(*range(1, 10)), np.zeros(9, np.uint64), T_MS + np.arange(9))
    renumbered = items.forget()
    assert renumbered.tolist() == [-1, -1, 0, 1, 2, 3, 4, 5, 6]
    assert items.column("hash").tolist() == list(range(3, 10))
    assert items.forget() is None
