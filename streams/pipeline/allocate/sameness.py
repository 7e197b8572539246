"""Not always more of the same: the share of the item's category in what was pushed lately."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.pushed import lately
from streams.shared.arrays import how_many


def share(due: DueUsers, candidates: CandidateSet, shared: Shared) -> NDArray[np.float64]:
    """Return, per pair, the share of its category in the user's pushes of the last week."""
    slots, pushes = lately(due)
    told = (pushes["category"] != NO_ID).nonzero()[0]
    slots, category = slots[told], pushes["category"][told]
    same = how_many(slots, category, candidates.due, candidates.category)
    total: NDArray[Any] = np.bincount(slots, minlength=len(due))[candidates.due]
    found: NDArray[np.float64] = same / np.maximum(total, 1)
    return found
