"""Observed against expected: how surprising a count is, in standard deviations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats

BOUND = 8.0
"""A trend beyond this many standard deviations is shown as this many."""
_OUTLIER = 4.0
"""An error counts towards the spread with at most so many standard deviations."""
_PRIOR_STEPS = 24.0
_SPREAD_STEPS = 336.0
"""The spread begins as Poisson's, worth a day of hours, and looks back two weeks of them."""
_STAYS = 0.8
"""How much of the trend stays with each step: it looks back about five."""


@dataclass(slots=True, frozen=True)
class Surprise:
    """Of ``n`` series: how far off the forecasts usually are, and how far lately.

    ``variance``: mean square of the Anscombe residual; ``weight``: steps it stands on; ``trend``:
    standard deviations off, smoothed over the last steps, of variance one when nothing happens.
    """

    variance: Floats
    weight: Floats
    trend: Floats

    @classmethod
    def fresh(cls, series: int) -> Self:
        """Return what is thought of new series: counts vary as Poisson's do."""
        return cls(np.ones(series), np.full(series, _PRIOR_STEPS), np.zeros(series))

    def seen(self, observed: Floats, expected: Floats, known: NDArray[np.bool_]) -> Surprise:
        """Return the surprise after a step; where not ``known`` the spread learns, no trend is told."""
        off = residual(observed, expected)
        spread = np.sqrt(self.variance)
        weight = np.minimum(self.weight + 1.0, _SPREAD_STEPS)
        square = np.minimum(np.abs(off), _OUTLIER * spread) ** 2
        variance = np.maximum(self.variance + (square - self.variance) / weight, 1e-3)
        z = np.clip(off / spread, -BOUND, BOUND)
        trend = _STAYS * self.trend + np.sqrt(1.0 - _STAYS**2) * z
        trend = np.where(known, np.clip(trend, -BOUND, BOUND), 0.0)
        return Surprise(
            np.where(known, variance, self.variance), np.where(known, weight, self.weight), trend
        )

    def missing(self) -> Surprise:
        """Return the surprise after a step of which nothing is known: the trend fades."""
        return replace(self, trend=_STAYS * self.trend)

    def take(self, rows: NDArray[np.int64]) -> Surprise:
        """Return the chosen series."""
        return Surprise(self.variance[rows], self.weight[rows], self.trend[rows])

    def and_fresh(self, series: int) -> Surprise:
        """Return these and some new series."""
        new = Surprise.fresh(series)
        return Surprise(
            np.append(self.variance, new.variance),
            np.append(self.weight, new.weight),
            np.append(self.trend, new.trend),
        )


def residual(observed: Floats, expected: Floats) -> Floats:
    """Return ``2 sqrt(y + 3/8) - 2 sqrt(m + 3/8)``: variance one for a Poisson y (Anscombe 1948)."""
    return 2.0 * (np.sqrt(observed + 0.375) - np.sqrt(expected + 0.375))
