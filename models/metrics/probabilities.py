"""How good probabilities are: do they rank, are they right, do they beat the base rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from models.bundle.odds import EPSILON

Floats = NDArray[np.float64]
BINS = 10


def measure(probability: Floats, label: NDArray[np.bool_]) -> dict[str, float | int | None]:
    """Return AUC, average precision, Brier score, calibration error and log-loss of one score.

    ``log_loss_base`` is that of the base rate itself. None: one class is absent, or an expert.
    """
    known = ~np.isnan(probability)
    p, y = probability[known], label[known]
    count, positive = len(y), int(y.sum())
    result: dict[str, float | int | None] = {"count": count, "positive": positive}
    ranked = 0 < positive < count
    result["auc"] = float(roc_auc_score(y, p)) if ranked else None
    result["average_precision"] = float(average_precision_score(y, p)) if ranked else None
    result["brier"] = float(np.mean((p - y) ** 2)) if count else None
    result["ece"] = calibration_error(p, y) if count else None
    result["log_loss"] = log_loss(p, y) if count else None
    result["log_loss_base"] = log_loss(np.full(count, y.mean()), y) if count else None
    return result


def surprise(p: Floats, y: NDArray[np.bool_]) -> Floats:
    """Return ``-log`` of the probability given to what happened (nats)."""
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return -np.where(y, np.log(p), np.log(1 - p))


def log_loss(p: Floats, y: NDArray[np.bool_]) -> float:
    """Return the mean of `surprise`."""
    return float(np.mean(surprise(p, y)))


def calibration_error(p: Floats, y: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal count (Naeini et al. 2015)."""
    bins = np.array_split(np.argsort(p, kind="stable"), BINS)
    gaps = [abs(float(p[rows].mean() - y[rows].mean())) * len(rows) for rows in bins if len(rows)]
    return sum(gaps) / len(p)


def within_auc(p: Floats, y: NDArray[np.bool_], group: NDArray[np.int64]) -> float | None:
    """Return the AUC inside groups, weighted by their comparable pairs; None without any.

    Pooled AUC hides the clock: a score that only knows the hour ranks well between hours.
    """
    total = weight = 0.0
    for one in np.unique(group):
        rows = (group == one) & ~np.isnan(p)
        positive, negative = int(y[rows].sum()), int((~y[rows]).sum())
        if positive and negative:
            total += float(roc_auc_score(y[rows], p[rows])) * positive * negative
            weight += positive * negative
    return total / weight if weight else None
