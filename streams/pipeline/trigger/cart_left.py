"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS, UserState
from schemas.vocabulary import EventType
from streams.pipeline.aggregate.carts import open_carts
from streams.shared.arrays import order_by


def left_in_cart(state: UserState) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return each user's latest addition that is still in the cart, and its time in ms.

    uint64[n], `NO_ID` for none, and int64[n]. Of equal times the larger item hash is the later one.
    """
    found, found_ms = np.full(len(state), NO_ID, np.uint64), np.full(len(state), NEVER_MS)
    user, item, opened_ms = open_carts(state)
    order = order_by(user, opened_ms, item)  # the latest of a user is written last
    found[user[order]], found_ms[user[order]] = item[order], opened_ms[order]
    return found, found_ms


def taken_out(state: UserState) -> set[tuple[int, int]]:
    """Return the (user row, item hash) pairs that were last taken out of the cart, not put in."""
    slots, moves = state.carts.slots, state.carts.data
    order = order_by(slots, moves["item"], moves["ts_ms"], moves["type"])  # equal times close
    pairs = zip(slots[order].tolist(), moves["item"][order].tolist(), strict=True)
    last = dict(zip(pairs, moves["type"][order].tolist(), strict=True))
    return {pair for pair, kind in last.items() if kind == EventType.REMOVE_CART}
