"""Some time after a purchase: fires by timer, unless what was bought went back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import Ragged
from schemas.vocabulary import EventType


def still_own(orders: Ragged, item: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark users whose item was not returned or cancelled, as far as their rows know of it.

    ``orders``: the users' `ORDER_LINE` rows; ``item``: uint64[n], what each one's timer is about.
    """
    users, data = orders.slots, orders.data
    same = (data["item"] == item[users]).nonzero()[0]
    users, kind = users[same], data["type"][same]
    pieces = data["quantity"][same].astype(np.int64)
    pieces[kind != EventType.PURCHASE] *= -1
    kept = np.zeros(len(item), np.int64)
    np.add.at(kept, users, pieces)
    owns: NDArray[np.bool_] = (kept > 0) | (np.bincount(users, minlength=len(item)) == 0)
    return owns
