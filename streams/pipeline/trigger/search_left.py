"""A search after which nothing was bought: fires by timer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import Ragged
from schemas.vocabulary import EventType


def searches_left(orders: Ragged, searched_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark users without a purchase at or after ``searched_ms`` (int64[n]).

    ``orders``: the users' `ORDER_LINE` rows, of which the newest are always there.
    """
    users, data = orders.slots, orders.data
    after = (data["type"] == EventType.PURCHASE) & (data["ts_ms"] >= searched_ms[users])
    left = np.ones(len(searched_ms), np.bool_)
    left[users[after]] = False
    return left
