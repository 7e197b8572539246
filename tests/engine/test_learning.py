from __future__ import annotations

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from streams.engine.learning import Schedule


def test_the_first_signal_starts_the_count() -> None:
    assert Schedule(100).due(1_234) is None


def test_an_epoch_is_due_when_a_multiple_is_crossed() -> None:
    schedule = Schedule(100)
    schedule.due(150)
    assert schedule.due(199) is None
    assert schedule.due(200) == 200
    assert schedule.due(201) is None


def test_a_leap_over_several_multiples_makes_one_epoch() -> None:
    schedule = Schedule(100)
    schedule.due(150)
    assert schedule.due(999) == 900


def test_an_epoch_that_is_published_is_not_due_again() -> None:
    schedule = Schedule(100)
    schedule.published(7, 300)
    schedule.due(150)
    assert [schedule.due(ts) for ts in (210, 305, 410)] == [None, None, 400]
    assert schedule.number == 7


def test_a_lagging_partition_does_not_turn_time_back() -> None:
    schedule = Schedule(100)
    schedule.due(450)
    assert schedule.due(120) is None
    assert schedule.due(480) is None
    assert schedule.due(500) == 500


@hypothesis_settings(max_examples=100)
@given(st.lists(st.integers(0, 5_000), max_size=40), st.integers(0, 40))
def test_a_restart_publishes_what_is_missing_and_nothing_twice(
    signals: list[int], published: int
) -> None:
    first = Schedule(100)
    whole = [at for ts in signals if (at := first.due(ts)) is not None]
    kept = whole[:published]
    again = Schedule(100)
    for number, at in enumerate(kept, 1):
        again.published(number, at)
    rest = [at for ts in signals if (at := again.due(ts)) is not None]
    assert kept + rest == whole
