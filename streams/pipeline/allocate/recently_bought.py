"""What the user has just bought, and kept, is not news."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.tables import CandidateSet, DueUsers, PolicyView
from schemas.vocabulary import EventType
from streams.settings import Settings

_ORDERS = np.array([kind.name in ("PURCHASE", "RETURN", "CANCEL") for kind in EventType])


def bought(state: UserState, now_ms: NDArray[np.int64], settings: Settings) -> set[tuple[int, int]]:
    """Return the (user row, item hash) pairs bought within ``bought_cooldown_ms`` and kept.

    Kept means that of all remembered purchases minus returns and cancellations some are left.
    """
    events = state.events.data
    rows = _ORDERS[events["type"]].nonzero()[0]
    slots, events = state.events.slots[rows], events.take(rows)
    placed = events["type"] == EventType.PURCHASE
    fresh = placed & (now_ms[slots] - events["ts_ms"] < settings.bought_cooldown_ms)
    quantity = np.where(placed, 1, -1) * events["quantity"].astype(np.int64)
    pairs = list(zip(slots.tolist(), events["item"].tolist(), strict=True))
    kept: Counter[tuple[int, int]] = Counter()
    for pair, change in zip(pairs, quantity.tolist(), strict=True):
        kept[pair] += change
    return {pairs[i] for i in fresh.nonzero()[0].tolist() if kept[pairs[i]] > 0}


def stops(
    due: DueUsers, candidates: CandidateSet, view: PolicyView, settings: Settings
) -> NDArray[np.bool_]:
    """Return which pairs the user bought within ``bought_cooldown_ms``, net of returns."""
    owned = bought(due.state, due.now_ms, settings)
    if not owned:
        return np.zeros(len(candidates), np.bool_)
    pairs = zip(candidates.due.tolist(), candidates.item.tolist(), strict=True)
    return np.fromiter((pair in owned for pair in pairs), np.bool_, len(candidates))
