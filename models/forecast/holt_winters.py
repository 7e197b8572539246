"""Additive Holt-Winters with a damped slope on ``log(1 + y)`` (Gardner and McKenzie 1985)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats, counted, logged, same_for_all

GRID = (
    (0.05, 0.0, 0.1, 0.0),
    (0.05, 0.0, 0.3, 0.0),
    (0.1, 0.0, 0.1, 0.0),
    (0.1, 0.0, 0.3, 0.0),
    (0.2, 0.0, 0.3, 0.0),
    (0.1, 0.01, 0.3, 0.9),
)


class HoltWinters:
    """State: level, slope, steps seen, then a value a slot: the season's, in the first season z.

    Coefficients: alpha, beta, gamma, phi.
    """

    name = "holt_winters"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return 4

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.zeros((series, 3 + season))

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return level + damped slope + season; in the first season the level alone."""
        level, slope, seen = state[:, 0], state[:, 1], state[:, 2]
        damped = np.cumsum(coef[:, 3:4] ** np.arange(1, len(slots) + 1), axis=1) * slope[:, None]
        seasonal = np.where((seen >= season)[:, None], state[:, 3:][:, list(slots)], 0.0)
        return counted(level[:, None] + damped + seasonal)

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Correct level, slope and season by the error; the first season sets them."""
        z, state = logged(y), state.copy()
        alpha, beta, gamma, phi = coef.T
        level, slope, seen = state[:, :3].T.copy()
        error = z - level - phi * slope - state[:, 3 + slot]
        first = seen < season
        state[:, 0] = np.where(
            first, level + (z - level) / (seen + 1.0), level + phi * slope + alpha * error
        )
        state[:, 1] = np.where(first, 0.0, phi * slope + beta * error)
        state[:, 3 + slot] = np.where(first, z, state[:, 3 + slot] + gamma * error)
        state[:, 2] = np.minimum(seen + 1.0, season)
        ends = first & (seen + 1.0 >= season)
        state[ends, 3:] -= state[ends, 0:1]
        return state

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return the grid to choose from."""
        return same_for_all(series, *GRID)
