"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EventType

_CLOSES = (EventType.REMOVE_CART, EventType.PURCHASE)


def open_cart(events: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the items in the cart, latest addition last; ``events`` is one user's EVENT rows."""
    closed_at: dict[int, int] = {}
    opened_at: dict[int, int] = {}
    for row in events[events["item"] != 0]:
        if row["type"] == EventType.CART:
            opened_at[int(row["item"])] = int(row["ts_ms"])
        elif row["type"] in _CLOSES:
            closed_at[int(row["item"])] = int(row["ts_ms"])
    # Equal times close: an order placed in the same millisecond empties the cart.
    kept = [item for item, ts in opened_at.items() if closed_at.get(item, ts - 1) < ts]
    return np.array(sorted(kept, key=lambda item: (opened_at[item], item)), np.uint64)


def cart_is_left(events: NDArray[Any]) -> int | None:
    """Return the item to speak about, None when the cart is empty."""
    items = open_cart(events)
    return int(items[-1]) if len(items) else None
