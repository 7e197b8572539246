"""A search after which nothing was bought: fires by timer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS, Ragged
from schemas.vocabulary import EventType


def searches_left(events: Ragged, search: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark users whose search is still kept and had no purchase at or after it.

    ``events``: the users' `EVENT` rows; ``search``: uint64[n], the hash of each one's search.
    """
    users, data = events.slots, events.data
    asked = data["event"] == search[users]
    searched_ms = np.full(len(search), NEVER_MS)
    searched_ms[users[asked][::-1]] = data["ts_ms"][asked][::-1]
    bought = data["type"] == EventType.PURCHASE
    after = bought & (data["ts_ms"] >= searched_ms[users])
    left: NDArray[np.bool_] = searched_ms != NEVER_MS
    left[users[after]] = False
    return left
