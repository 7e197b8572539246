"""Intervals between purchases, against a plain list per user and category."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.learner.repurchase import LEAST_MS, PRIOR_INTERVALS, Intervals

T_MS = 1_700_000_000_000
DAY_MS = 86_400_000
ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2_000)), max_size=40)


def counted(rows, cuts=()):
    found = Intervals()
    for start, stop in pairwise((0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows))):
        users, categories, hours = (
            np.array(list(column), np.int64)
            for column in (zip(*rows[start:stop], strict=True) if rows[start:stop] else [()] * 3)
        )
        found.add(users.astype(np.uint64), categories.astype(np.uint64), T_MS + hours * LEAST_MS)
    return found


def intervals(rows):
    """(category, hours) of every interval, one user and category at a time."""
    for key in sorted({(user, category) for user, category, _ in rows if category}):
        last = None
        for hour in (hour for user, category, hour in rows if (user, category) == key):
            if last is not None and hour > last:
                yield key[1], hour - last
            last = hour if last is None else max(last, hour)


@given(ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_however_they_are_cut_it_is_the_mean_of_a_plain_list(rows, cuts):
    seen = list(intervals(rows))
    found = counted(rows, cuts).days(np.arange(1, 4).astype(np.uint64))
    if not seen:
        assert np.isnan(found).all()
        return
    logs = [round(1000 * math.log(hours)) for _, hours in seen]
    usual = sum(logs) / len(logs)
    for category in (1, 2, 3):
        mine = [log for (of, _), log in zip(seen, logs, strict=True) if of == category]
        mean = (sum(mine) + PRIOR_INTERVALS * usual) / (len(mine) + PRIOR_INTERVALS)
        assert found[category - 1] == pytest.approx(math.exp(mean / 1000) / 24, rel=1e-9)


def test_a_weekly_buyer_makes_a_category_of_weeks():
    weekly = counted([(1, 1, week * 7 * 24) for week in range(200)])
    assert weekly.days(np.array([1], np.uint64))[0] == pytest.approx(7.0, rel=0.01)


def test_beyond_the_bound_those_not_bought_for_longest_are_forgotten():
    found = Intervals(most_pairs=8)
    for user in range(1, 10):
        found.add(
            np.array([user], np.uint64), np.array([1], np.uint64), np.array([T_MS + user * DAY_MS])
        )
    assert len(found._pairs) == len(found._last_ms) == 7
    assert found._last_ms.min() == T_MS + 3 * DAY_MS
