"""Where the past of a partition ends."""

from __future__ import annotations

import pytest

from streams.pipeline.batch.past import is_old, is_over

ENDS = {"clicks": 5, "purchases": 2}


def test_a_record_is_old_below_the_end_of_its_topic():
    assert is_old("clicks", 4, ENDS)
    assert not is_old("clicks", 5, ENDS)
    assert not is_old("social", 0, ENDS)


@pytest.mark.parametrize(
    ("offsets", "over"),
    [
        ({}, False),
        ({"clicks": 5}, False),
        ({"clicks": 5, "purchases": 2}, False),
        ({"clicks": 9, "purchases": 1}, False),
        ({"clicks": 5, "purchases": 3}, True),
        ({"clicks": 5, "purchases": 2, "ticks": 1}, True),
    ],
)
def test_the_past_is_over_when_all_is_read_and_something_beyond(offsets, over):
    assert is_over(offsets, ENDS) is over
    assert is_over(offsets, {})
