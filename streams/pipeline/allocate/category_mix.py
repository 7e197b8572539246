"""Pushes in the proportions of the user's interests: calibrated recommendations (Steck 2018), greedily."""

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
    """Return, per pair, by how much its category would be over its share of the user's interest.

    That is its share in the recent pushes with this one added, less its share in the kept events,
    not below 0. 0 where the category is not known or no event tells of interest.
    """
    events, slots = due.state.events.data, due.state.events.slots
    liked, interest = _of_category(slots, events["category"], due, candidates)
    pushed_slots, pushes = lately(due)
    had, pushed = _of_category(pushed_slots, pushes["category"], due, candidates)
    over = (had + 1) / (pushed + 1) - liked / np.maximum(interest, 1)
    known = (candidates.category != NO_ID) & (interest > 0)
    return np.where(known, np.maximum(over, 0.0), 0.0)


def _of_category(
    slots: NDArray[np.int64], category: NDArray[Any], due: DueUsers, candidates: CandidateSet
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many of the user's rows are of the pair's category, and how many tell one."""
    told = (category != NO_ID).nonzero()[0]
    same = how_many(slots[told], category[told], candidates.due, candidates.category)
    return same, np.bincount(slots[told], minlength=len(due))[candidates.due]
