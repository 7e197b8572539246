"""An axis is judged by the ratios inside each round."""

from __future__ import annotations

from pathlib import Path

from benchmarks.growth.axes import Axis
from benchmarks.growth.plot import plot

AXIS = Axis("users", "Users", "users", [10, 100], [[10.0, 20.0, 30.0], [11.0, 24.0, 30.0]])


def test_a_round_on_a_busy_machine_changes_no_ratio() -> None:
    assert AXIS.growth() == [1.0, 1.1]
    assert round(AXIS.flat_within(), 3) == 0.1
    assert AXIS.medians() == [20.0, 24.0]


def test_the_same_figures_give_the_same_plot(tmp_path: Path) -> None:
    for name in ("one", "two"):
        plot(AXIS, tmp_path / f"{name}.svg")
    first, second = (tmp_path / f"{name}.svg" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()
