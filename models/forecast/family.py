"""What a forecaster is: coefficients that training fits, and a state that moves on step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HIGHEST = 1e12
"""Demand above this is taken as this: logarithms and sums stay finite."""


class Family(Protocol):
    """One kind of forecaster for ``n`` series at once, a row each.

    ``coef``: float64[n, k], what `fit` found; ``state``: float64[n, width], never changed in
    place; ``slot``: where a step falls in the season, ``[0, season)``. A step costs the same
    whatever came before.
    """

    @property
    def name(self) -> str:
        """Name in plans and reports."""
        ...

    def coefficients(self, season: int) -> int:
        """Return how many coefficients a series takes."""
        ...

    def start(self, series: int, season: int) -> Floats:
        """Return the state of series of which nothing is known."""
        ...

    def ahead(self, coef: Floats, state: Floats, slots: Sequence[int], season: int) -> Floats:
        """Return the forecasts of the next steps, float64[n, len(slots)]; all zeros to begin with."""
        ...

    def step(self, coef: Floats, state: Floats, slot: int, y: Floats, season: int) -> Floats:
        """Return the state after ``y`` (float64[n], finite, not negative) was seen at ``slot``."""
        ...

    def fit(self, series: Floats, slots: NDArray[np.int64], season: int) -> list[Floats]:
        """Return one or more coefficient tables to choose from; ``series``: float64[steps, n]."""
        ...


def logged(y: Floats) -> Floats:
    """Return ``log(1 + y)``: counts of all sizes vary alike there, and 0 stays 0."""
    return np.log1p(np.minimum(y, HIGHEST))


def counted(z: Floats) -> Floats:
    """Return ``exp(z) - 1`` kept in [0, `HIGHEST`], the inverse of `logged`."""
    return np.expm1(np.clip(z, 0.0, np.log1p(HIGHEST)))


def same_for_all(series: Floats, *rows: Sequence[float]) -> list[Floats]:
    """Return a coefficient table a row of ``rows``, the same for each of the series."""
    return [np.tile(np.array(row, np.float64), (series.shape[1], 1)) for row in rows]
