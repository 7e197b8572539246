"""Rolling origin: forecast from every step on, with what was known then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Family, Floats

Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Backtest:
    """``predicted`` and ``actual``: float64[origins, horizon, n]."""

    predicted: Floats
    actual: Floats

    def mase(self, scale: Floats) -> Floats:
        """Return the mean absolute error of each series over its ``scale`` (see `naive_error`)."""
        error: Floats = np.abs(self.predicted - self.actual).mean(axis=(0, 1)) / scale
        return error

    def wape(self) -> float:
        """Return the sum of absolute errors over the sum of what happened, all series pooled."""
        total = float(self.actual.sum())
        return float(np.abs(self.predicted - self.actual).sum()) / max(total, 1.0)


def naive_error(series: Floats, season: int) -> Floats:
    """Return the mean absolute error of the seasonal naive forecast inside ``series`` [steps, n].

    The scale of MASE (Hyndman and Koehler 2006). A series that repeats itself exactly gets one
    event.
    """
    error = np.abs(series[season:] - series[:-season]).mean(axis=0)
    return np.where(error > 0, error, 1.0)


def rolling(
    family: Family,
    coef: Floats,
    series: Floats,
    slots: Ints,
    season: int,
    first: int,
    horizon: int = 1,
    stride: int = 1,
) -> Backtest:
    """Return forecasts of ``horizon`` steps from every ``stride``-th origin from ``first`` on.

    ``series``: float64[steps, n]; ``slots``: int64[steps]. The state is moved on from step 0.
    """
    predicted, actual = [], []
    state = family.start(series.shape[1], season)
    for origin in range(len(series) - horizon + 1):
        if origin >= first and (origin - first) % stride == 0:
            coming = slots[origin : origin + horizon].tolist()
            predicted.append(family.ahead(coef, state, coming, season).T)
            actual.append(series[origin : origin + horizon])
        state = family.step(coef, state, int(slots[origin]), series[origin], season)
    return Backtest(np.array(predicted), np.array(actual))
