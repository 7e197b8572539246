"""Hours in which users are active."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.sendtime import NOTHING_KNOWN, ActivityModel
from streams.learner.activity import ActivityCounts

HOUR_MS = 3_600_000
DAY_H = 24
NOW_MS = 20_000 * DAY_H * HOUR_MS
events = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60)), max_size=40)


def counted(rows, cuts=(), most_users=100):
    counts = ActivityCounts("UTC", NOTHING_KNOWN, most_users=most_users)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for start, stop in pairwise(edges):
        part = rows[start:stop]
        users = np.array([user for user, _ in part], np.uint64)
        counts.add(users, np.array([NOW_MS - (61 - h) * HOUR_MS for _, h in part], np.int64))
    return counts.activity(NOW_MS)


@given(events, st.lists(st.integers(0, 40), max_size=4))
def test_how_signals_were_cut_does_not_matter(rows, cuts):
    assert counted(rows, cuts) == counted(rows)


@given(events)
def test_how_users_interleave_does_not_matter(rows):
    assert counted(sorted(rows, key=lambda row: row[0])) == counted(rows)


def test_an_hour_counts_once_however_much_is_done_in_it():
    assert counted([(1, 5)] * 50 + [(2, 6)]) == counted([(1, 5), (2, 6)])


def test_everybodys_profile_follows_what_is_seen():
    rows = [(user, 60 - 24 * day) for day in (2, 1, 0) for user in range(1, 5_000)]
    shares = ActivityModel.decode(counted(rows, most_users=10_000)).average()
    assert int(np.argmax(shares)) == (60 - 61) % DAY_H


def test_users_beyond_the_bound_are_forgotten_and_counting_goes_on():
    rows = [(user, hour) for hour in range(50) for user in range(hour, hour + 20)]
    counts = ActivityCounts("UTC", NOTHING_KNOWN, most_users=16)
    for user, hour in rows:
        counts.add(np.array([user], np.uint64), np.array([NOW_MS - (61 - hour) * HOUR_MS]))
    assert len(counts._last_h) <= 16
