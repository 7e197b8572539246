"""The user's own trend: short memory over long."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.made_up import NOW_MS, state_of

from models.features import ewma_trend
from models.features.view import user_view
from schemas.vocabulary import EventType

HOUR_MS = 3_600_000


def trend(ages_h: list[float]) -> float:
    raw = [(round(NOW_MS - age * HOUR_MS) - 1, int(EventType.VIEW), 0) for age in ages_h]
    row = ewma_trend.compute(user_view(state_of([raw]), np.array([NOW_MS]), ["UTC"]))[0]
    return float(row[ewma_trend.NAMES.index("ewma_view_6h_over_72h")])


def test_a_steady_user_has_a_trend_of_one() -> None:
    assert trend(list(range(30 * 24))) == pytest.approx(1.0, abs=0.01)


def test_who_came_lately_rises_and_who_left_falls() -> None:
    assert trend([0.5, 1.5]) > 5
    assert trend([100.0, 101.0]) < 0.01


def test_nothing_done_is_no_trend() -> None:
    assert math.isnan(trend([]))
