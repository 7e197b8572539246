"""What is in carts: put in, and since then neither taken out nor bought."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.state import CART_MOVE, NEVER_MS, UserState, joined
from schemas.vocabulary import EventType
from streams.shared.arrays import by_pair, runs


class OpenCarts(NamedTuple):
    """``user``: int64 index of a row of the state; ``item``: uint64 hashes; ``opened_ms``: int64, when
    it was last put in. Sorted by user, then item.
    """

    user: NDArray[np.int64]
    item: NDArray[np.uint64]
    opened_ms: NDArray[np.int64]


def open_carts(state: UserState) -> OpenCarts:
    """Return what is in the users' carts, from the table of moves and that of order lines."""
    slots, moves = _moves(state)
    order = by_pair(slots, moves["item"])
    slots, moves = slots[order], moves.take(order)
    if not len(moves):
        return OpenCarts(slots, moves["item"], moves["ts_ms"])
    starts = runs(slots, moves["item"])
    opens = moves["type"] == EventType.CART
    opened = np.maximum.reduceat(np.where(opens, moves["ts_ms"], NEVER_MS), starts)
    closed = np.maximum.reduceat(np.where(opens, NEVER_MS, moves["ts_ms"]), starts)
    # Equal times close: an order placed in the same millisecond empties the cart.
    still = opened > closed
    return OpenCarts(slots[starts][still], moves["item"][starts][still], opened[still])


def _moves(state: UserState) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """What went into carts and out of them, orders included."""
    placed = (state.orders.data["type"] == EventType.PURCHASE).nonzero()[0]
    lines = state.orders.data.take(placed)
    sold = np.zeros(len(lines), CART_MOVE)
    for name in CART_MOVE.names or ():
        sold[name] = lines[name]
    slots = np.concatenate((state.carts.slots, state.orders.slots[placed]))
    return slots, joined((state.carts.data, sold))
