"""SARIMA(1,0,1)(0,1,1) on ``log(1 + y)``; fitted by statsmodels, applied by its own recursion.

With ``w_t = z_t - z_(t-s)``: ``w_t = a w_(t-1) + e_t + b e_(t-1) + c e_(t-s) + b c e_(t-s-1)``
(Box and Jenkins). The innovations are what the recursion itself saw, so no Kalman filter is
carried along.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats, counted, logged

BOUND = 0.98
"""Coefficients stay inside: a root on the unit circle never forgets a shock."""
ITERATIONS = 6
FITTED_SEASONS = 14
"""Coefficients come from the newest part of a history: a likelihood costs a Kalman pass each."""


class Arima:
    """State: steps seen, the last ``season + 1`` z, then as many innovations, newest first."""

    name = "arima"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return 3

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.zeros((series, 1 + 2 * (season + 1)))

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return forecasts; the innovations to come are 0."""
        past, shock = state[:, 1 : season + 2], state[:, season + 2 :]
        nothing = np.zeros((len(state), 1))
        steps = []
        for _ in slots:
            z = _next(coef, state[:, 0], past, shock, season)
            past = np.concatenate((z[:, None], past[:, :-1]), axis=1)
            shock = np.concatenate((nothing, shock[:, :-1]), axis=1)
            steps.append(counted(z))
        return np.stack(steps, axis=1)

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Push ``y`` and its innovation in."""
        z, seen = logged(y), state[:, 0]
        past, shock = state[:, 1 : season + 2], state[:, season + 2 :]
        error = z - _next(coef, seen, past, shock, season)
        error = np.where(seen > season, error, 0.0)
        count = np.minimum(seen + 1.0, season + 1.0)
        return np.concatenate(
            (count[:, None], z[:, None], past[:, :-1], error[:, None], shock[:, :-1]), axis=1
        )

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return maximum likelihood coefficients (a, b, c), a fit a series."""
        if len(series) < 3 * season:
            return []
        recent = logged(series[-FITTED_SEASONS * season :])
        return [np.stack([_fitted(recent[:, i], season) for i in range(series.shape[1])])]


def _next(coef: Floats, seen: Floats, past: Floats, shock: Floats, season: int) -> Floats:
    a, b, c = coef.T
    drift = a * (past[:, 0] - past[:, season])
    shocks = b * shock[:, 0] + c * shock[:, season - 1] + b * c * shock[:, season]
    z = past[:, season - 1] + drift + shocks
    return np.clip(np.where(seen > season, z, past[:, 0]), 0.0, past.max(axis=1) + 1.0)


def _fitted(z: Floats, season: int) -> Floats:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    if np.ptp(z) == 0:
        return np.zeros(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged: the backtest says what it is worth
        model = SARIMAX(
            z, order=(1, 0, 1), seasonal_order=(0, 1, 1, season), simple_differencing=True
        )  # the seasonal difference outside the state makes it half as large
        found = model.fit(disp=0, maxiter=ITERATIONS).params[:3]
    bounded: Floats = np.clip(np.nan_to_num(found), -BOUND, BOUND)
    return bounded
