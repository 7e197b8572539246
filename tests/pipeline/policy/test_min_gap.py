from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.pipeline.policy.min_gap import nearest


def test_of_two_equally_near_the_earlier_is_named():
    assert nearest([1, 5], 3) == 1


def test_without_pushes_none_is_near():
    assert nearest([], 3) is None


@given(st.lists(st.integers(0, 100), min_size=1).map(sorted), st.integers(0, 100))
def test_nothing_is_nearer_than_the_nearest(times, at):
    assert abs(nearest(times, at) - at) == min(abs(time - at) for time in times)
