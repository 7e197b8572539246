"""A moment gives time and id back to who knows about when it was."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.moments import MOMENT, event_ids, moments, times_ms

SEVEN_WEEKS_MS = 2**32


@given(st.integers(0, 2**48 - 1), st.integers(0, SEVEN_WEEKS_MS - 1), st.integers(0, 2**48 - 1))
def test_a_moment_within_seven_weeks_of_the_newest_comes_back(newest_ms, ago_ms, event):
    rows = moments(np.array([newest_ms - ago_ms]), np.array([event], np.uint64))
    assert times_ms(rows, np.array([newest_ms])).tolist() == [newest_ms - ago_ms]
    assert event_ids(rows).tolist() == [event]


def test_a_moment_is_ten_bytes():
    assert MOMENT.itemsize == 10
