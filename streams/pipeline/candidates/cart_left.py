"""What is still in the cart: put in, and since then neither taken out nor bought."""

from __future__ import annotations

import numpy as np

from schemas.vocabulary import EventType
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.shared.arrays import by_pair, runs

BEST_SCORE = 0.9
"""A cart is the strongest sign of intent there is before a purchase."""
HALF_LIFE_MS = 7 * DAY_MS

_NEVER_MS = np.iinfo(np.int64).min


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for a cart filled now, half of it a week later."""
    seen = view.touches.of(EventType.CART, EventType.REMOVE_CART, EventType.PURCHASE)
    if not len(seen):
        return Proposals.none()
    seen = seen.take(by_pair(seen.due, seen.item))
    starts = runs(seen.due, seen.item)
    opened = np.where(seen.type == EventType.CART, seen.ts_ms, _NEVER_MS)
    closed = np.where(seen.type == EventType.CART, _NEVER_MS, seen.ts_ms)
    opened = np.maximum.reduceat(opened, starts)
    # Equal times close, as in the trigger: an order of the same millisecond empties the cart.
    still = opened > np.maximum.reduceat(closed, starts)
    category = np.maximum.reduceat(seen.category, starts)[still]
    users, item = seen.due[starts][still], seen.item[starts][still]
    age_ms = np.maximum(view.due.now_ms[users] - opened[still], 0).astype(np.float64)
    return Proposals.of(users, item, BEST_SCORE * half(age_ms, HALF_LIFE_MS), category)


SOURCE = Source("cart_left", "cart_left", raw)
