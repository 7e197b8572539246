from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.learner.demand import HOUR_MS
from streams.learner.exposure import HOURS, LEAST_SHARE, Exposure

NOW_MS = 500_000 * HOUR_MS + 1


def told(pushes, now_ms=NOW_MS, known=()):
    exposure = Exposure()
    for item, hours_ago in pushes:
        at = np.array([now_ms - hours_ago * HOUR_MS])
        exposure.add(np.array([item], np.uint64), at)
    (items, shares), cold = exposure.told(now_ms, known)
    found = zip(
        np.frombuffer(items, "<u8").tolist(), np.frombuffer(shares, "<f4").tolist(), strict=True
    )
    return list(found), cold


def test_shares_are_of_the_last_day_most_pushed_first():
    pushes = [(7, 0), (9, 1), (9, 2), (9, HOURS - 1), (5, HOURS)]
    assert told(pushes, known={9}) == ([(9, 0.75), (7, 0.25)], 0.25)


def test_nothing_pushed_is_no_share_of_nothing():
    assert told([(5, HOURS + 3)]) == ([], None)


def test_rarely_pushed_items_are_not_told_but_count():
    many = [(item, 0) for item in range(1, int(2 / LEAST_SHARE))]
    found, cold = told([*many, *[(1, 0)] * 9])
    assert [item for item, _ in found] == [1]
    assert cold == 1.0


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 30)), max_size=30), st.randoms())
def test_the_order_of_arrival_does_not_matter(pushes, random):
    shuffled = list(pushes)
    random.shuffle(shuffled)
    assert told(pushes) == told(shuffled)


def test_an_hour_that_has_not_begun_waits():
    exposure = Exposure()
    exposure.add(np.array([3], np.uint64), np.array([NOW_MS + HOUR_MS]))
    assert exposure.told(NOW_MS, ())[1] is None
    assert exposure.told(NOW_MS + HOUR_MS, ())[1] == pytest.approx(1.0)
