"""How many decisions a user had in an hour of stream time: part of the journal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import BUDGET, Ragged, UserState, joined

HOUR_MS = 3_600_000

Ints = NDArray[np.int64]


def spent(state: UserState, users: Ints, now_ms: Ints) -> Ints:
    """Return int64[k]: the decisions that each of ``users`` has had in the hour of its ``now_ms``."""
    hours, counts = np.full(len(state), -1), np.zeros(len(state), np.int64)
    kept = state.budget
    hours[kept.slots], counts[kept.slots] = kept.data["hour"], kept.data["decisions"]
    found: Ints = np.where(hours[users] == now_ms // HOUR_MS, counts[users], 0)
    return found


def note_spent(state: UserState, users: Ints, now_ms: Ints) -> None:
    """Count a decision of each of ``users``, who differ; an earlier hour is forgotten."""
    fresh = np.zeros(len(users), BUDGET)
    fresh["hour"] = now_ms // HOUR_MS
    fresh["decisions"] = spent(state, users, now_ms) + 1
    stays = np.ones(len(state), bool)
    stays[users] = False
    kept = stays[state.budget.slots]
    slots = np.concatenate((state.budget.slots[kept], users))
    rows = joined((state.budget.data.compress(kept), fresh))
    order = slots.argsort()
    state.budget = Ragged.group(len(state), slots[order], rows.take(order))
