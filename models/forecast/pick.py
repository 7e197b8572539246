"""Which forecaster serves which series: fitted on the past, compared by rolling origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.forecast.backtest import Ints, naive_error, rolling
from models.forecast.families import CONTESTANTS
from models.forecast.family import Family, Floats
from models.forecast.plan import TOTAL, Pick, StepPlan

FOLDS = (3 / 7, 4 / 7, 5 / 7, 6 / 7)
"""Where in the history each fold's fit ends and its forecasts begin."""
LEAST_SEASONS = 4
"""Shorter histories say nothing about seasons: everything keeps the untrained default."""
POOLED_SHARE = 0.5
"""A series' own backtest counts half, that of all series the other half: short ones are noisy."""
MOST_ARIMA = 3
"""Series (the largest) for which ARIMA is fitted: a second or so each."""
_SCALES = 0.5, 2.0


Mask = NDArray[np.bool_]


@dataclass(slots=True, frozen=True)
class _Trial:
    """One coefficient set of one family, backtested: float64[origins, n], NaN: not fitted."""

    family: Family
    variant: int
    predicted: Floats


def pick_step(
    series: Floats, slots: Ints, keys: Sequence[int], season: int, untrained: Pick
) -> StepPlan:
    """Return the plan of ``series`` (float64[steps, n], largest first); ``keys`` name them.

    Picked by one-step MASE: that is what a trend is measured against. The total is judged alone.
    """
    if len(series) < LEAST_SEASONS * season or not len(keys):
        return StepPlan(default=untrained)
    start = int(len(series) * FOLDS[0])
    actual, scale = series[start:], naive_error(series, season)
    trials = list(_trials(series, slots, season))
    errors = np.array([np.abs(t.predicted - actual).mean(axis=0) / scale for t in trials])
    parts = np.array([key != TOTAL for key in keys])
    everywhere = [bool(np.isfinite(error).all()) for error in errors]
    pooled = _pooled(errors, parts)
    best = _best(errors, pooled, parts)
    coefs = {n: _refit(trials[n], series, slots, season) for n in set(best.tolist())}
    found = {
        key: _pick(trials[n], coefs[n][i], actual[:, i], trials[n].predicted[:, i], errors[n, i])
        for i, (key, n) in enumerate(zip(keys, best.tolist(), strict=True))
    }
    general = min((n for n in range(len(trials)) if everywhere[n]), key=lambda n: float(pooled[n]))
    return StepPlan(default=_general(trials[general], series, slots, season, parts), picks=found)


def _trials(series: Floats, slots: Ints, season: int) -> Iterator[_Trial]:
    """Backtest every family's every variant over the folds, each fitted before its forecasts."""
    ends = [int(len(series) * share) for share in FOLDS] + [len(series)]
    for family in CONTESTANTS:
        part = slice(None, MOST_ARIMA if family.name == "arima" else None)
        folds = []
        for start, end in pairwise(ends):
            coefs = family.fit(series[:start, part], slots[:start], season)
            runs = [
                rolling(family, coef, series[:end, part], slots[:end], season, start)
                for coef in coefs
            ]
            folds.append([run.predicted[:, 0] for run in runs])
        for variant in range(min(len(fold) for fold in folds)):
            joined = np.concatenate([fold[variant] for fold in folds])
            all_series = np.full((len(joined), series.shape[1]), np.nan)
            all_series[:, part] = joined
            yield _Trial(family, variant, all_series)


def _pooled(errors: Floats, parts: Mask) -> Floats:
    """Each trial's mean error over the categories (over everything where there are none)."""
    chosen = errors[:, parts] if parts.any() else errors
    known = np.isfinite(chosen)
    total = np.where(known, chosen, 0.0).sum(axis=1)
    mean: Floats = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.inf)
    return mean


def _best(errors: Floats, pooled: Floats, parts: Mask) -> Ints:
    blended = (1.0 - POOLED_SHARE) * errors + POOLED_SHARE * pooled[:, None]
    judged = np.where(parts[None, :], blended, errors)
    best: Ints = np.argmin(np.where(np.isfinite(judged), judged, np.inf), axis=0)
    return best


def _refit(trial: _Trial, series: Floats, slots: Ints, season: int) -> Floats:
    part = slice(None, MOST_ARIMA if trial.family.name == "arima" else None)
    return trial.family.fit(series[:, part], slots, season)[trial.variant]


def _pick(
    trial: _Trial, coef: Floats, actual: Floats, predicted: Floats, mase: float | None
) -> Pick:
    return Pick(
        family=trial.family.name,
        coefficients=tuple(coef.tolist()),
        scale=_mean_ratio(actual, predicted),
        mase=None if mase is None else float(mase),
    )


def _general(trial: _Trial, series: Floats, slots: Ints, season: int, parts: Mask) -> Pick:
    """The pick of series to come: the best over all categories, on average right."""
    rows = np.flatnonzero(parts) if parts.any() else np.arange(series.shape[1])
    coef = _refit(trial, series, slots, season)[rows[-1]]
    actual = series[-len(trial.predicted) :, rows].ravel()
    return _pick(trial, coef, actual, trial.predicted[:, rows].ravel(), None)


def _mean_ratio(actual: Floats, predicted: Floats) -> float:
    ratio = (float(actual.sum()) + 1.0) / (float(predicted.sum()) + 1.0)
    return float(np.clip(ratio, *_SCALES))
