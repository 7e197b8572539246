"""What is still in the cart, however much the user looked at since."""

from __future__ import annotations

import numpy as np

from streams.pipeline.aggregate.carts import open_carts
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.9
"""A cart is the strongest sign of intent there is before a purchase."""
HALF_LIFE_MS = 7 * DAY_MS


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for a cart filled now, half of it a week later."""
    user, item, opened_ms = open_carts(view.due.state)
    age_ms = np.maximum(view.due.now_ms[user] - opened_ms, 0).astype(np.float64)
    return Proposals.of(user, item, BEST_SCORE * half(age_ms, HALF_LIFE_MS))


SOURCE = Source("cart_left", "cart_left", raw)
