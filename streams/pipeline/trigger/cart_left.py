"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import CART_MOVE, NEVER_MS, UserState, joined
from schemas.vocabulary import EventType
from streams.shared.arrays import by_pair, order_by, runs


def left_in_cart(state: UserState) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return each user's latest addition that is still in the cart, and its time in ms.

    uint64[n], `NO_ID` for none, and int64[n]. Of equal times the larger item hash is the later one.
    """
    found, found_ms = np.full(len(state), NO_ID, np.uint64), np.full(len(state), NEVER_MS)
    slots, moves = _moves(state)
    if not len(moves):
        return found, found_ms
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
    found[slots[order]], found_ms[slots[order]] = items[order], opened[order]
    return found, found_ms


def _moves(state: UserState) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """What went into carts and out of them, orders included."""
    placed = (state.orders.data["type"] == EventType.PURCHASE).nonzero()[0]
    lines = state.orders.data.take(placed)
    sold = np.zeros(len(lines), CART_MOVE)
    for name in CART_MOVE.names or ():
        sold[name] = lines[name]
    slots = np.concatenate((state.carts.slots, state.orders.slots[placed]))
    return slots, joined((state.carts.data, sold))
