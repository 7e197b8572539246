"""What friends may hear of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary import EventType
from streams.learner.shared_purchases import EACH, HALF_LIFE_MS, LIFE_MS, SharedPurchases

T_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
BUY, RETURN, CANCEL = EventType.PURCHASE, EventType.RETURN, EventType.CANCEL
ALL = np.arange(1, 100, dtype=np.uint64)


def add(shared, *rows):
    """``rows``: (user, item, type, hours before T_MS)."""
    users, items, types, ages = zip(*rows, strict=True)
    ts_ms = T_MS - np.array(ages) * HOUR_MS
    shared.add(
        np.array(users, np.uint64), np.array(items, np.uint64), np.array(types, np.uint8), ts_ms
    )


def told(shared, now_ms=T_MS, known=ALL):
    return {
        user: np.frombuffer(items, "<u8").tolist()
        for user, (items, _) in shared.told(now_ms, known).items()
    }


def of(*rows, **more):
    shared = SharedPurchases(**more)
    add(shared, *rows)
    return shared


def test_the_latest_purchases_of_each_come_newest_first():
    many = [(1, item, BUY, item) for item in range(1, EACH + 3)]
    assert told(of(*many, (2, 9, BUY, 0))) == {1: list(range(1, EACH + 1)), 2: [9]}


def test_the_score_halves_every_three_days_and_ends():
    shared = of((1, 5, BUY, HALF_LIFE_MS / HOUR_MS))
    ((_, score),) = shared.told(T_MS, ALL).values()
    assert np.frombuffer(score, "<f4")[0] == pytest.approx(0.5)
    assert told(shared, T_MS + LIFE_MS) == {}


@pytest.mark.parametrize("undone", [RETURN, CANCEL])
def test_what_was_given_back_is_not_told_until_it_is_bought_again(undone):
    assert told(of((1, 5, BUY, 3), (1, 5, undone, 2))) == {}
    assert told(of((1, 5, BUY, 3), (1, 5, undone, 2), (1, 5, BUY, 1))) == {1: [5]}


def test_who_withdraws_is_forgotten_others_are_not():
    shared = of((1, 5, BUY, 3), (2, 5, BUY, 3))
    shared.forget(np.array([1], np.uint64))
    assert told(shared) == {2: [5]}


def test_what_has_no_name_is_not_told():
    assert told(of((1, 5, BUY, 3), (1, 6, BUY, 3)), known=np.array([6], np.uint64)) == {1: [6]}


def test_beyond_the_bound_the_oldest_go():
    assert told(of((1, 5, BUY, 3), (2, 6, BUY, 1), (3, 7, BUY, 2), most=2)) == {2: [6], 3: [7]}


ROWS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from([BUY, RETURN, CANCEL]), st.integers(0, 9)),
    min_size=1, max_size=20,
)  # fmt: skip


@given(ROWS, st.integers(0, 20), st.randoms())
def test_neither_batches_nor_order_matter(rows, cut, random):
    whole = told(of(*rows))
    random.shuffle(rows)
    parts = SharedPurchases()
    for part in (rows[:cut], rows[cut:]):
        if part:
            add(parts, *part)
    assert told(parts) == whole
