"""The same slot of the last season: what every other forecaster has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import HIGHEST, Floats, same_for_all


class SeasonalNaive:
    """State: the last value seen at each slot."""

    name = "seasonal_naive"

    def coefficients(self, season: int) -> int:
        """Return how many a series takes."""
        return 0

    def start(self, series: int, season: int) -> Floats:
        """Return zeros."""
        return np.zeros((series, season))

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return what was seen at these slots last."""
        return state[:, list(slots)]

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Remember ``y``."""
        state = state.copy()
        state[:, slot] = np.minimum(y, HIGHEST)
        return state

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return no coefficients: there is nothing to fit."""
        return same_for_all(series, ())
