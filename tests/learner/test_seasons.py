"""A category's share of a month against its share of the year."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.records import at

from streams.learner import seasons
from streams.learner.seasons import PRIOR_EVENTS, Seasons

JULY, DECEMBER = at("2025-07-15T12:00:00+00:00"), at("2025-12-15T12:00:00+00:00")


def seen(*rows):
    """``rows``: (category, ts_ms, events)."""
    found = Seasons()
    for category, ts_ms, events in rows:
        found.add(np.full(events, category, np.uint64), np.full(events, ts_ms, np.int64))
    return found


def season(found, category, now_ms):
    return float(found.of(np.array([category], np.uint64), now_ms)[0])


def test_a_summer_category_is_up_in_july_of_any_year_and_down_in_december():
    found = seen((1, JULY, 900), (1, DECEMBER, 100), (2, JULY, 500), (2, DECEMBER, 1_500))
    expected = 1_400 * 1_000 / 3_000
    up = math.log((900 + PRIOR_EVENTS) / (expected + PRIOR_EVENTS))
    assert season(found, 1, at("2026-07-01T00:00:00+00:00")) == pytest.approx(up)
    assert season(found, 1, DECEMBER) < 0 < season(found, 2, DECEMBER)


def test_a_shop_that_grows_gives_nobody_a_season():
    found = seen((1, JULY, 100), (2, JULY, 200), (1, DECEMBER, 1_000), (2, DECEMBER, 2_000))
    assert season(found, 1, DECEMBER) == pytest.approx(0.0)


def test_few_events_say_little():
    found = seen((1, JULY, 4), (2, DECEMBER, 4))
    assert abs(season(found, 1, JULY)) < 0.1


def test_one_month_and_a_category_never_seen_say_nothing():
    assert math.isnan(season(seen((1, JULY, 400)), 1, JULY))
    assert math.isnan(season(seen((1, JULY, 400), (1, DECEMBER, 3)), 9, JULY))


def test_beyond_the_bound_the_smallest_go(monkeypatch):
    monkeypatch.setattr(seasons, "MOST_CATEGORIES", 8)
    found = seen((99, JULY, 50), (99, DECEMBER, 50), *((n, JULY, n) for n in range(1, 9)))
    assert len(found._events) == 7
    assert math.isnan(season(found, 1, JULY))
    assert not math.isnan(season(found, 99, JULY))
