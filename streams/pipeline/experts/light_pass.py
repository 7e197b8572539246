"""The cheap ranking before the costly one: the best few of each user by source score."""

from __future__ import annotations

from schemas.tables import CandidateSet
from streams.shared.arrays import places


def light_pass(candidates: CandidateSet, keep: int) -> CandidateSet:
    """Return each user's ``keep`` best pairs of what `gather` sorted by (due, highest score, item)."""
    return candidates.take((places(candidates.due) < keep).nonzero()[0])
