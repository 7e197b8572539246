"""Log-odds: calibration and fusion of probabilities, element by element, no matrix product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle.manifest import Platt, Weights

EPSILON = 1e-6
"""Probabilities nearer than this to 0 or 1 are taken as this near."""

Floats = NDArray[np.float64]


def logit(probability: NDArray[np.floating]) -> Floats:
    """Return ``log(p / (1 - p))`` in float64, p kept off 0 and 1; NaN stays NaN."""
    p = probability.astype(np.float64).clip(EPSILON, 1.0 - EPSILON)
    return np.log(p / (1.0 - p))


def sigmoid(log_odds: Floats) -> Floats:
    """Return ``1 / (1 + exp(-x))``, the inverse of `logit`; NaN stays NaN."""
    bounded: Floats = log_odds.clip(-50.0, 50.0)
    return 1.0 / (1.0 + np.exp(-bounded))


def calibrate(probability: NDArray[np.floating], platt: Platt) -> Floats:
    """Return the calibrated probability ``sigmoid(a * logit p + b)`` (Platt 1999)."""
    return sigmoid(platt.a * logit(probability) + platt.b)


def stack(h_t: Floats, h_c: Floats, weights: Weights, h_r: Floats | None = None) -> Floats:
    """Return ``sigmoid(lambda_t * logit h_t + lambda_c * logit h_c + bias)``, NaN if either is.

    ``h_r``: the ranker's, ``lambda_r * logit h_r`` is added.
    """
    summed = weights.lambda_t * logit(h_t) + weights.lambda_c * logit(h_c)
    if h_r is not None:
        summed = summed + weights.lambda_r * logit(h_r)
    return sigmoid(summed + weights.bias)


def with_ranker(h: Floats, h_t: Floats, h_c: Floats, h_r: Floats, weights: Weights) -> Floats:
    """Return `stack` with the ranker where all three are known, elsewhere ``h``, fused without it."""
    three = stack(h_t, h_c, weights, h_r)
    return np.where(np.isnan(three), h, three)


def weighted_sum(h_t: Floats, h_c: Floats, weights: Weights) -> Floats:
    """Return the article's ``lambda_t * h_t + lambda_c * h_c``, the weights scaled to sum to 1.

    Negative weights count as 0, two zeros as halves, so the result is a probability.
    """
    l_t, l_c = max(weights.lambda_t, 0.0), max(weights.lambda_c, 0.0)
    total = l_t + l_c
    share = l_t / total if total > 0 else 0.5
    return share * h_t + (1.0 - share) * h_c
