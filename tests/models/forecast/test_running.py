"""Many series, a step at a time: new ones, gaps, shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.forecast import UNTRAINED, Pick, Plan, PlanError, Running
from models.forecast.plan import DAY, HOUR, decode, encode
from models.forecast.surprise import BOUND

PLAN = UNTRAINED.steps[HOUR]
SEASON = 24
counts = st.one_of(st.just(float("nan")), st.floats(0, 1e14), st.integers(0, 20).map(float))


def ran(seen, running=None):
    running = running or Running.empty(SEASON).plus(PLAN, [7])
    for step, y in enumerate(seen):
        running = running.step(step % SEASON, np.array([y]))
    return running


@given(st.lists(counts, max_size=80))
@settings(max_examples=examples(60), deadline=None)
def test_gaps_shifts_and_floods_never_make_it_explode(seen):
    running = ran(seen)
    ahead = running.ahead(range(SEASON))
    peak = max((y for y in seen if y == y), default=0.0)
    assert np.isfinite(ahead).all()
    assert (ahead >= 0).all()
    assert (ahead <= 2 * min(peak, 1e12) + 8).all()
    assert np.abs(running.surprise.trend).max() <= BOUND


def test_a_gap_changes_no_level():
    week = [10.0] * SEASON * 7
    before = ran(week).ahead(range(SEASON))
    after = ran(week + [float("nan")] * SEASON).ahead(range(SEASON))
    np.testing.assert_allclose(after, before, rtol=0.05)


def test_twice_the_usual_is_a_trend_and_the_usual_is_none():
    rng = np.random.default_rng(0)
    usual = rng.poisson(20.0, SEASON * 14).astype(float).tolist()
    assert abs(ran(usual).surprise.trend[0]) < 3
    assert ran([*usual, 45.0, 45.0, 45.0]).surprise.trend[0] > 4


def test_a_new_series_tells_no_trend_in_its_first_season():
    assert ran([0.0] * 10 + [500.0]).surprise.trend[0] == 0


def test_series_that_stay_are_as_if_the_others_had_never_been():
    rng = np.random.default_rng(1)
    both, alone = (Running.empty(SEASON).plus(PLAN, keys) for keys in ([7, 8], [8]))
    for step in range(50):
        y = rng.poisson(5.0, 2).astype(float)
        both, alone = both.step(step % SEASON, y), alone.step(step % SEASON, y[1:])
    kept = both.keep(np.array([1]))
    assert kept.keys == (8,)
    assert kept.ahead(range(SEASON)).tolist() == alone.ahead(range(SEASON)).tolist()
    assert kept.surprise.trend.tolist() == alone.surprise.trend.tolist()


def test_a_plan_survives_its_bundle():
    assert decode(encode(UNTRAINED)) == UNTRAINED


@pytest.mark.parametrize(
    "pick", [Pick(family="crystal_ball"), Pick(family="profile_level", coefficients=(1.0, 2.0))]
)
def test_a_plan_that_cannot_be_is_refused(pick):
    steps = dict(UNTRAINED.steps)
    steps[DAY] = type(steps[DAY])(default=pick)
    with pytest.raises(PlanError, match=pick.family):
        decode(encode(Plan(steps=steps)))
