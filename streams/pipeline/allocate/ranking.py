"""The order in which candidates of one user are preferred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet


def fused(candidates: CandidateSet) -> NDArray[np.float64]:
    """Return the fused probabilities, NaN where nothing was fused."""
    return np.full(len(candidates), np.nan) if candidates.h is None else candidates.h


def worth(candidates: CandidateSet) -> NDArray[np.float64]:
    """Return the fused probabilities less what sameness costs (`streams.pipeline.allocate.diversity`)."""
    h = fused(candidates)
    return h if candidates.penalty is None else h * (1.0 - candidates.penalty)


def ranked(candidates: CandidateSet, rows: int) -> list[list[int]]:
    """Return, per due row, its candidates best first.

    The best has the highest worth, then source score, then the lowest item hash.
    """
    order = np.lexsort(
        (candidates.item, -candidates.source_score, -worth(candidates), candidates.due)
    )
    bounds = candidates.due[order].searchsorted(np.arange(rows + 1)).tolist()
    pairs = order.tolist()
    return [pairs[bounds[row] : bounds[row + 1]] for row in range(rows)]
