"""What a temporal model has to beat: the clock, recency, the article's EWMA, the base rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle.odds import calibrate
from models.features import ewma
from models.metrics.probabilities import log_loss
from models.train.calibrate import fit_platt
from models.train.temporal.moments import Moments

Floats = NDArray[np.float64]
NEVER_H = 30 * 24.0
HOURS = 24
NAMES = ("base_rate", "hour", "recency", "ewma")
RECENCY = {"buy": "hours_since_purchase", "act": "hours_since_any"}
"""Which recency ranks best, by the first word of the target."""


def baselines(
    train: Moments, until: int, test: Moments, number: int, prior: float = 1.0
) -> dict[str, Floats]:
    """Return the baselines' probabilities of target ``number`` at the test moments, by name.

    Fitted on what is known at hour ``until``; the EWMA is the one with the lowest log-loss there.
    """
    train = train.take(train.resolved(until)[:, number])
    label = train.label[:, number]
    rate = (label.sum() + prior * 0.5) / (len(label) + prior)
    seen = np.bincount(_clock(train), minlength=HOURS)
    hits = np.bincount(_clock(train), label, minlength=HOURS)
    by_hour = (hits + prior * rate) / (seen + prior)
    kind = train.targets[number].split("_")[0]
    recency = RECENCY.get(kind, RECENCY["act"])
    return {
        "base_rate": np.full(len(test), rate),
        "hour": by_hour[_clock(test)],
        "recency": _curve(-_log_hours(train, recency), label, -_log_hours(test, recency), rate)[1],
        "ewma": min(
            (_curve(_counts(train, name), label, _counts(test, name), rate) for name in ewma.NAMES),
            key=lambda found: found[0],
        )[1],
    }


def _clock(moments: Moments) -> NDArray[np.int64]:
    return moments.hour % HOURS


def _log_hours(moments: Moments, name: str) -> Floats:
    hours = moments.view([name])[:, 0].astype(np.float64)
    return np.log1p(np.where(np.isnan(hours), NEVER_H, hours))


def _counts(moments: Moments, name: str) -> Floats:
    return np.log1p(moments.view([name])[:, 0].astype(np.float64))


def _curve(
    seen: Floats, label: NDArray[np.bool_], asked: Floats, rate: float
) -> tuple[float, Floats]:
    """A logistic curve over one number: its log-loss on what it was fitted to, and its answer."""
    platt = fit_platt(_squeezed(seen), label)
    if platt is None:
        return log_loss(np.full(len(label), rate), label), np.full(len(asked), rate)
    fitted = calibrate(_squeezed(seen), platt)
    return log_loss(fitted, label), calibrate(_squeezed(asked), platt)


def _squeezed(number: Floats) -> Floats:
    """Any number as a probability whose log-odds it is: what a Platt scaling reads."""
    return 1.0 / (1.0 + np.exp(-number))
