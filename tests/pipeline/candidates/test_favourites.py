from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.favourites import SOURCE
from streams.settings import Settings


def test_the_newest_mark_counts_and_loses_half_in_a_month(build):
    month_h = 24 * 30
    marks = [
        ("a", EventType.FAV, month_h),
        ("a", EventType.LIKE, 3 * month_h),
        ("b", EventType.LIKE, 0),
        ("c", EventType.VIEW, 0),
    ]
    found = build.rows(SOURCE.propose(build.due([marks]), build.nothing(), Settings()))
    assert found == {
        (0, hash64("a")): pytest.approx(0.3),
        (0, hash64("b")): pytest.approx(0.6),
    }
