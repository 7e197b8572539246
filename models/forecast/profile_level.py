"""Seasonal profile x level: the mean of the slot, times how the last steps compare with theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import HIGHEST, Floats, same_for_all

BETAS = (0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
MOST_SEASONS = 28
"""A slot's mean becomes an exponential one after so many: four weeks of days, half a year of weeks."""
CUSHION = 0.3
"""Added to both sides of the level ratio, in events: nothing over nothing is an even level."""


class ProfileLevel:
    """State: mean and count of each slot, then the EWMA of what was seen and of what was expected.

    Coefficient: beta, how much of the EWMAs stays with each step.
    """

    name = "profile_level"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return 1

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.zeros((series, 2 * season + 2))

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return ``profile[slot] * (seen + c) / (expected + c)``."""
        level = (state[:, -2] + CUSHION) / (state[:, -1] + CUSHION)
        return _profile(state, season)[:, list(slots)] * level[:, None]

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Move both EWMAs, then the slot's mean."""
        y, beta = np.minimum(y, HIGHEST), coef[:, 0]
        expected = _profile(state, season)[:, slot]
        state = state.copy()
        known = state[:, season : 2 * season].any(axis=1)
        for column, value in ((-2, y), (-1, expected)):
            moved = beta * state[:, column] + (1.0 - beta) * value
            state[:, column] = np.where(known, moved, 0.0)
        count = np.minimum(state[:, season + slot] + 1.0, MOST_SEASONS)
        state[:, slot] += (y - state[:, slot]) / count
        state[:, season + slot] = count
        return state

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return the betas to choose from."""
        return same_for_all(series, *((beta,) for beta in BETAS))


def _profile(state: Floats, season: int) -> Floats:
    """Slots never seen are thought to be like the mean of those that were."""
    mean, seen = state[:, :season], state[:, season : 2 * season] > 0
    known = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    overall = np.where(seen, mean, 0.0).sum(axis=1, keepdims=True) / known
    return np.where(seen, mean, overall)
