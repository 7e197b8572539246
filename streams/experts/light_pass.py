"""The cheap ranking before the costly one: the best few of each user by source score."""

from __future__ import annotations

import numpy as np

from schemas.tables import CandidateSet


def light_pass(candidates: CandidateSet, keep: int) -> CandidateSet:
    """Return each user's ``keep`` best pairs in their order; ties go to the smaller item hash."""
    order = np.lexsort((candidates.item, -candidates.source_score, candidates.due))
    due = candidates.due[order]
    rank = np.arange(len(due)) - np.searchsorted(due, due)
    return candidates.take(np.sort(order[rank < keep]))
