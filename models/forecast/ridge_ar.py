"""Ridge regression on recent and last season's values and the slot, one for all series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats, counted, logged

PENALTY = 10.0
MEAN_SEASONS = 7
"""The mean a series is compared with is an exponential one after so many seasons."""


class RidgeAr:
    """State: mean of z, steps seen, then the last ``season + 1`` z, newest first; z = log(1 + y).

    Coefficients: a weight for each lag of ``z - mean``, then one a slot.
    """

    name = "ridge_ar"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return len(_lags(season)) + season

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.zeros((series, 3 + season))

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return forecasts, each fed with the ones before; the mean until every lag is known."""
        lags = _lags(season)
        mean, seen, past = state[:, 0], state[:, 1], state[:, 2:]
        steps = []
        for slot in slots:
            z = coef[:, len(lags) + slot] + mean
            for i, lag in enumerate(lags):
                z = z + coef[:, i] * (past[:, lag - 1] - mean)
            # A forecast fed with forecasts must not run away from all that was seen.
            z = np.clip(np.where(seen > season, z, mean), 0.0, past.max(axis=1) + 1.0)
            past = np.concatenate((z[:, None], past[:, :-1]), axis=1)
            steps.append(counted(z))
        return np.stack(steps, axis=1)

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Move the mean and push ``y`` in."""
        z = logged(y)
        seen = np.minimum(state[:, 1] + 1.0, MEAN_SEASONS * season)
        mean = state[:, 0] + (z - state[:, 0]) / seen
        return np.concatenate((np.stack((mean, seen, z), axis=1), state[:, 2:-1]), axis=1)

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return the least squares weights with penalty `PENALTY`, pooled over the series."""
        lags, n = _lags(season), series.shape[1]
        width = len(lags) + season
        gram, right = PENALTY * np.eye(width), np.zeros(width)
        state = self.start(n, season)
        for t, slot in enumerate(slots.tolist()):
            if t > season:
                rows, target = np.zeros((n, width)), logged(series[t]) - state[:, 0]
                for i, lag in enumerate(lags):
                    rows[:, i] = state[:, 1 + lag] - state[:, 0]
                rows[:, len(lags) + slot] = 1.0
                gram, right = gram + rows.T @ rows, right + rows.T @ target
            state = self.step(np.zeros((n, width)), state, slot, series[t], season)
        return [np.tile(np.linalg.solve(gram, right), (n, 1))]


def _lags(season: int) -> tuple[int, ...]:
    return tuple(sorted({1, 2, 3, season - 1, season, season + 1}))
