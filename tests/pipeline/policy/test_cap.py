from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, HOUR_MS

from streams.pipeline.policy.cap import fullest

TIMES = st.lists(st.integers(0, 96), max_size=12).map(sorted)


def test_a_day_is_half_open():
    assert fullest([0], DAY_MS) == 0
    assert fullest([0], DAY_MS - 1) == 1
    assert fullest([DAY_MS], 0) == 0


def test_pushes_on_both_sides_count_only_if_one_day_holds_them():
    assert fullest([0, 30 * HOUR_MS], 20 * HOUR_MS) == 1
    assert fullest([0, 20 * HOUR_MS], 10 * HOUR_MS) == 2


@given(TIMES, st.integers(0, 96))
def test_the_fullest_day_is_what_trying_every_day_finds(times, at):
    every = range(at - 23, at + 1)
    assert fullest(times, at, span_ms=24) == max(
        sum(start <= time < start + 24 for time in times) for start in every
    )
