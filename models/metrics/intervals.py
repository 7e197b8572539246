"""Measures of a probability with intervals from resampling users, alone and against another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.odds import EPSILON
from models.metrics.probabilities import measure, within_auc

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
DRAWS = 200
INTERVAL = (2.5, 97.5)


@dataclass(slots=True, frozen=True)
class Sample:
    """Labelled moments: ``user`` (a number) is what is resampled, ``clock`` the hour of the day."""

    label: Bools
    user: Ints
    clock: Ints

    def take(self, rows: Bools) -> Sample:
        """Return the chosen moments."""
        return Sample(self.label[rows], self.user[rows], self.clock[rows])


def measures(probability: Floats, sample: Sample, seed: int) -> dict[str, Any]:
    """Return auc, ap, brier, ece, log_loss, base_rate, and the AUC's 95% interval over users.

    None: it cannot be had, as one class is absent.
    """
    found = measure(probability, sample.label)
    low, high = auc_interval(probability, sample, seed)
    return {
        "count": found["count"],
        "auc": found["auc"],
        "ci_low": low,
        "ci_high": high,
        "within_hour_auc": within_auc(probability, sample.label, sample.clock),
        "ap": found["average_precision"],
        "brier": found["brier"],
        "ece": found["ece"],
        "log_loss": found["log_loss"],
        "base_rate": float(sample.label.mean()) if len(sample.label) else None,
    }


def auc_interval(
    probability: Floats, sample: Sample, seed: int
) -> tuple[float | None, float | None]:
    """Return the 95% bootstrap interval of the AUC when users are drawn anew (Efron 1979)."""
    if not 0 < sample.label.sum() < len(sample.label):
        return None, None
    order = np.argsort(probability, kind="stable")
    label, ordered = sample.label[order], probability[order]
    user, weights = draws_of_users(sample.user, seed)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    found = [weighted_auc(weight[user[order]], label, starts) for weight in weights]
    low, high = np.nanpercentile(found, INTERVAL)
    return float(low), float(high)


def log_loss_gain(
    probability: Floats, other: Floats, sample: Sample, seed: int
) -> dict[str, float | None]:
    """Return by how much the log-loss is lower than the other's, paired, with its 95% interval."""
    if not len(sample.label):
        return {"gain": None, "ci_low": None, "ci_high": None}
    gain = _losses(other, sample.label) - _losses(probability, sample.label)
    user, weights = draws_of_users(sample.user, seed)
    total, count = np.bincount(user, gain), np.bincount(user)
    found = [(weight * total).sum() / (weight * count).sum() for weight in weights]
    low, high = np.percentile(found, INTERVAL)
    return {"gain": float(gain.mean()), "ci_low": float(low), "ci_high": float(high)}


def reliability(probability: Floats, label: Bools, bins: int = 10) -> list[tuple[float, float]]:
    """Return (mean probability, share of positives) in bins of equal count."""
    rows = np.array_split(np.argsort(probability, kind="stable"), bins)
    return [(float(probability[r].mean()), float(label[r].mean())) for r in rows if len(r)]


def weighted_auc(weight: Ints, label: Bools, starts: Ints) -> float:
    """Return the weighted AUC of rows in the order of their score; equal scores begin at ``starts``."""
    positive = np.add.reduceat(np.where(label, weight, 0), starts).astype(np.float64)
    negative = np.add.reduceat(np.where(label, 0, weight), starts).astype(np.float64)
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")


def draws_of_users(user: Ints, seed: int) -> tuple[Ints, Ints]:
    """Return each row's user from 0, and how often each user is in each draw: int64[DRAWS, users]."""
    users, row = np.unique(user, return_inverse=True)
    rng = np.random.default_rng(seed)
    share = np.full(len(users), 1 / len(users))
    return row, rng.multinomial(len(users), share, size=DRAWS)


def _losses(probability: Floats, label: Bools) -> Floats:
    p = np.clip(probability, EPSILON, 1 - EPSILON)
    losses: Floats = -np.where(label, np.log(p), np.log(1 - p))
    return losses
