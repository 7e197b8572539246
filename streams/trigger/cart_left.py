"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.vocabulary import EventType

_OPENS = EventType.CART
_CLOSES = (EventType.REMOVE_CART, EventType.PURCHASE)


def open_cart(events: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the items in the cart, latest addition last; ``events`` is one user's EVENT rows."""
    closed_at: dict[int, int] = {}
    opened_at: dict[int, int] = {}
    carted = events[(events["item"] != NO_ID) & np.isin(events["type"], (_OPENS, *_CLOSES))]
    columns = (carted[name].tolist() for name in ("item", "type", "ts_ms"))
    for item, kind, ts_ms in zip(*columns, strict=True):
        (opened_at if kind == _OPENS else closed_at)[item] = ts_ms
    # Equal times close: an order placed in the same millisecond empties the cart.
    kept = [item for item, ts in opened_at.items() if closed_at.get(item, ts - 1) < ts]
    return np.array(sorted(kept, key=lambda item: (opened_at[item], item)), np.uint64)


def cart_is_left(events: NDArray[Any]) -> int | None:
    """Return the item to speak about, None when the cart is empty."""
    items = open_cart(events)
    return int(items[-1]) if len(items) else None
