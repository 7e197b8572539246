"""Event to decision: measured for each record, from when it was due to go."""

from __future__ import annotations

import pytest

from streams.operate.demo.latency import Latency, percentile


def test_a_record_is_done_when_an_offset_behind_it_is_committed() -> None:
    latency = Latency()
    latency.sent("clicks", 0, 5, 10.0)
    latency.seen(0, {"clicks": 5}, 10.1)  # everything before 5: not yet
    latency.seen(0, {"clicks": 6}, 10.25)
    latency.seen(0, {"clicks": 9}, 11.0)
    assert latency.milliseconds() == pytest.approx([250.0])


def test_topics_and_partitions_are_apart() -> None:
    latency = Latency()
    latency.sent("clicks", 0, 0, 1.0)
    latency.sent("context", 1, 0, 1.0)
    latency.seen(0, {"context": 9}, 2.0)
    latency.seen(1, {"clicks": 9}, 2.0)
    assert latency.milliseconds() == []


def test_a_commit_may_be_seen_before_the_send_is_confirmed() -> None:
    latency = Latency()
    latency.seen(0, {"clicks": 1}, 1.5)
    latency.sent("clicks", 0, 0, 1.0)
    assert latency.milliseconds() == pytest.approx([500.0])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_occurred(share: float, expected: int) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == expected


def test_nothing_measured_has_no_percentile() -> None:
    assert percentile([], 0.5) is None
