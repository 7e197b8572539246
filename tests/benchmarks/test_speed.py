"""The machine's speed is the best of three timings of the same two pieces of work."""

from __future__ import annotations

from itertools import accumulate

import pytest

from benchmarks.speed import machine_speed, told


@pytest.mark.slow
def test_the_best_of_three_counts() -> None:
    loop_s, sort_s = (0.3, 0.1, 0.2), (0.05, 0.06, 0.04)
    steps = [step for took in (*loop_s, *sort_s) for step in (took, 1.0)]
    clock = accumulate(steps, initial=0.0)
    assert machine_speed(lambda: next(clock)) == {"python_loop_ms": 100.0, "numpy_sort_ms": 40.0}


@pytest.mark.slow
def test_a_run_costs_processor_time_and_is_told_in_words() -> None:
    speed = machine_speed()
    assert all(1 < took_ms < 10_000 for took_ms in speed.values())
    assert f"{speed['python_loop_ms']:.0f} ms then" in told(speed)
