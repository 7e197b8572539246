from __future__ import annotations

import pytest

from benchmarks.runs import medians, repeated


def test_each_figure_has_its_median_and_where_runs_differ_its_spread() -> None:
    runs = [{"events": 10, "wall_s": wall_s} for wall_s in (3.0, 1.0, 2.5)]
    assert medians(runs) == {"events": 10, "wall_s": 2.5, "wall_s_spread": "1 to 3"}


@pytest.mark.slow
def test_the_machines_speed_is_taken_in_every_run() -> None:
    found = repeated(lambda number: {"run": number}, 2)
    assert found["run_spread"] == "0 to 1"
    assert found["python_loop_ms"] > 1
    assert "python_loop_ms_spread" in found
