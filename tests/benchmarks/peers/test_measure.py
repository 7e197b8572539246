"""What a run took, from its samples."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from benchmarks.peers.measure import OftenAsked, Sample, figures


def test_cpu_is_counted_from_the_start_to_the_last_output_not_to_the_end_of_the_wait() -> None:
    samples = [
        Sample(10.0, 0, 0.0), Sample(11.0, 0, 1.0), Sample(12.0, 40, 1.5), Sample(13.0, 100, 3.0),
        Sample(15.0, 100, 3.5),
    ]  # fmt: skip
    run = figures(samples, 90, 12.0)
    assert (run.cpu_s, run.wall_s, run.events_per_cpu_s) == (3.0, 3.0, 30.0)


def test_steady_begins_at_the_last_look_without_an_output() -> None:
    samples = [Sample(10.0, 0, 0.0), Sample(11.0, 0, 1.0), Sample(12.0, 40, 1.5),
               Sample(13.0, 100, 3.0)]  # fmt: skip
    run = figures(samples, 100, 12.0)
    assert (run.steady_cpu_s, run.first_output_s) == (2.0, 2.0)


def test_a_run_whose_first_look_sees_outputs_is_steady_from_its_start() -> None:
    run = figures([Sample(1.0, 5, 0.5), Sample(2.0, 9, 1.0)], 9, 1.0)
    assert run.steady_cpu_s == 0.5


BUSY = """
import time
while time.process_time() < 0.4: pass
"""


@pytest.mark.slow
def test_the_tree_counts_what_children_spent_running_or_ended() -> None:
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}]); input()"
    root = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    try:
        tree = OftenAsked(root.pid)
        deadline = time.monotonic() + 60
        while tree.cpu_s() < 0.4 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert tree.cpu_s() >= 0.4
        assert tree.highest_rss_mb > 1
    finally:
        root.communicate(b"\n")
