"""A cart that was filled and then left: fires by timer, if something is still in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS, UserState
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
