"""What holds for every forecaster, whatever it is fed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.forecast.backtest import naive_error, rolling
from models.forecast.families import CONTESTANTS, FAMILIES
from models.forecast.family import HIGHEST

SEASON = 6
values = st.one_of(st.just(0.0), st.floats(0, 50), st.floats(0, 1e15))
any_family = pytest.mark.parametrize("family", CONTESTANTS, ids=lambda family: family.name)


def slots(steps):
    return np.arange(steps) % SEASON


def fitted(family, series):
    return family.fit(series, slots(len(series)), SEASON)[0]


@any_family
@given(st.lists(values, min_size=1, max_size=60))
@settings(max_examples=examples(25), deadline=None)
def test_no_input_makes_a_state_or_a_forecast_that_is_not_finite(family, seen):
    coef = fitted(family, np.random.default_rng(0).poisson(5.0, (60, 1)).astype(float))
    state = family.start(1, SEASON)
    for step, y in enumerate(seen):
        state = family.step(coef, state, step % SEASON, np.array([min(y, HIGHEST)]), SEASON)
        assert np.isfinite(state).all()
        assert np.isfinite(family.ahead(coef, state, range(SEASON), SEASON)).all()


@any_family
def test_series_do_not_read_each_other(family):
    series = np.random.default_rng(1).poisson(5.0, (60, 3)).astype(float)
    coef = fitted(family, series)
    together = rolling(family, coef, series, slots(60), SEASON, 30).predicted
    alone = rolling(family, coef[1:2], series[:, 1:2], slots(60), SEASON, 30).predicted
    np.testing.assert_allclose(together[:, :, 1:2], alone, rtol=1e-12, atol=1e-12)


@any_family
def test_what_repeats_itself_is_foreseen(family):
    series = np.tile([2.0, 9.0, 30.0, 12.0, 4.0, 1.0], 20)[:, None]
    run = rolling(family, fitted(family, series), series, slots(120), SEASON, 90)
    assert run.wape() < 0.1


def test_the_seasonal_naive_forecast_has_a_mase_of_one():
    series = np.random.default_rng(2).poisson(5.0, (200, 2)).astype(float)
    run = rolling(FAMILIES["seasonal_naive"], np.zeros((2, 0)), series, slots(200), SEASON, SEASON)
    np.testing.assert_allclose(run.mase(naive_error(series, SEASON)), 1.0)


@any_family
def test_a_level_shift_is_followed_and_not_overshot(family):
    series = np.concatenate((np.full(60, 5.0), np.full(60, 50.0)))[:, None]
    coef = fitted(family, series[:60] + np.random.default_rng(3).normal(0, 0.5, (60, 1)))
    predicted = rolling(family, coef, series, slots(120), SEASON, 60).predicted[:, 0, 0]
    assert 20 < np.median(predicted[-12:]) < 65
