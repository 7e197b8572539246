"""Weights that put a user's candidates in order: conditional logit (McFadden 1974)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]
FEWEST = 30
"""Users with a hit; fewer say nothing of an order."""


def fit_order(
    odds: Floats, label: NDArray[np.bool_], due: NDArray[np.int64], most: float
) -> Floats | None:
    """Return float64[columns], each in [0, ``most``]: the order that explains the hits best.

    ``odds``: float64[pairs, columns]; ``due``: sorted, whose pair it is. What all pairs of a user have in
    common cancels out, so a column is weighed by how it orders, not by how it tells users apart. None:
    too few users with a hit.
    """
    hit = np.bincount(due, label, int(due.max(initial=0)) + 1) > 0
    if hit.sum() < FEWEST:
        return None
    kept = hit[due]
    odds, label, due = odds[kept], label[kept], due[kept]
    starts = np.flatnonzero(np.concatenate(([True], due[1:] != due[:-1])))
    lengths = np.diff(starts, append=len(due))
    hits = np.add.reduceat(label.astype(np.float64), starts).repeat(lengths)

    def loss(weights: Floats) -> tuple[float, Floats]:
        value = odds @ weights
        raised = np.exp(value - np.maximum.reduceat(value, starts).repeat(lengths))
        chance = raised / np.add.reduceat(raised, starts).repeat(lengths)
        told = -np.log(np.maximum(chance[label], 1e-300)).sum()
        slope = -(odds * (label - chance * hits)[:, None]).sum(axis=0)
        return float(told) / len(starts), slope / len(starts)

    first = np.full(odds.shape[1], 0.5)
    bounds = [(0.0, most)] * odds.shape[1]
    found: Floats = minimize(loss, first, jac=True, bounds=bounds, method="L-BFGS-B").x
    return found
