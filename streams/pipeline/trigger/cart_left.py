"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS, Ragged
from schemas.vocabulary import EventType, among
from streams.shared.arrays import by_pair, order_by, runs

_MOVES = (EventType.CART, EventType.REMOVE_CART, EventType.PURCHASE)


def left_in_cart(events: Ragged) -> NDArray[np.uint64]:
    """Return each user's latest addition that is still in the cart: uint64[n], `NO_ID` for none.

    ``events``: the users' `EVENT` rows. Of equal times the larger item hash is the later one.
    """
    users = len(events.offsets) - 1
    found = np.full(users, NO_ID, np.uint64)
    rows = (among(events.data["type"], _MOVES) & (events.data["item"] != NO_ID)).nonzero()[0]
    if not len(rows):
        return found
    slots, moves = events.slots[rows], events.data.take(rows)
    order = by_pair(slots, moves["item"])
    slots, moves = slots[order], moves.take(order)
    starts = runs(slots, moves["item"])
    opens = moves["type"] == EventType.CART
    opened = np.maximum.reduceat(np.where(opens, moves["ts_ms"], NEVER_MS), starts)
    closed = np.maximum.reduceat(np.where(opens, NEVER_MS, moves["ts_ms"]), starts)
    # Equal times close: an order placed in the same millisecond empties the cart.
    still = opened > closed
    slots, items, opened = slots[starts][still], moves["item"][starts][still], opened[still]
    order = order_by(slots, opened, items)  # the latest of a user is written last
    found[slots[order]] = items[order]
    return found
