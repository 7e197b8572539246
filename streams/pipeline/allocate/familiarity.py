"""Something new to this user: what they know already gives way, the more the better they know it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.shared.arrays import how_many

OF_CATEGORY = 0.5
"""A new item in a category the user knows is half a discovery."""


def share(due: DueUsers, candidates: CandidateSet, shared: Shared) -> NDArray[np.float64]:
    """Return, per pair, 1 for an item among the kept events, `OF_CATEGORY` for a category, else 0."""
    events, slots = due.state.events.data, due.state.events.slots
    same_item = how_many(slots, events["item"], candidates.due, candidates.item) > 0
    same_category = how_many(slots, events["category"], candidates.due, candidates.category) > 0
    same_category &= candidates.category != NO_ID
    return np.where(same_item, 1.0, OF_CATEGORY * same_category)
