"""What the user has just bought, and kept, is not news."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.tables import CandidateSet, DueUsers, PolicyView
from schemas.vocabulary import EventType
from streams.settings import Settings


def bought(state: UserState, now_ms: NDArray[np.int64], settings: Settings) -> set[tuple[int, int]]:
    """Return the (user row, item hash) pairs bought within ``bought_cooldown_ms`` and kept.

    Kept means that of all lines in the table purchases minus returns and cancellations some are left.
    """
    slots, events = state.orders.slots, state.orders.data
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


def may_be_bought(
    due: DueUsers, candidates: CandidateSet, view: PolicyView, settings: Settings
) -> NDArray[np.bool_]:
    """Return all pairs of a user of whose last ``bought_cooldown_ms`` order lines were forgotten."""
    forgot_ms = due.state.head["orders_forgot_ms"]
    doubt: NDArray[np.bool_] = due.now_ms - forgot_ms < settings.bought_cooldown_ms
    return doubt[candidates.due]
