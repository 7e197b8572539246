"""A change in the catalogue that the user still cares for: fires by timer, set with an epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS, Ragged
from schemas.vocabulary import EventType, TriggerKind, among

_CARES = (
    EventType.VIEW, EventType.CART, EventType.FAV, EventType.LIKE, EventType.SHARE, EventType.FOLLOW,
)  # fmt: skip
_DONE = (EventType.PURCHASE, EventType.REMOVE_CART)


def still_news(
    events: Ragged, item: NDArray[np.uint64], kind: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Mark users for whom the change of the item is news, as their rows know it.

    ``events``: the users' `EVENT` rows. A lower price or new stock: they looked at it, liked it or put
    it into the cart, and neither bought nor dismissed it since. A new item: they have not seen it yet.
    """
    users, data = events.slots, events.data
    same = (data["item"] == item[users]).nonzero()[0]
    users, what, ts_ms = users[same], data["type"][same], data["ts_ms"][same]
    cared, done = np.full(len(item), NEVER_MS), np.full(len(item), NEVER_MS)
    np.maximum.at(cared, users[among(what, _CARES)], ts_ms[among(what, _CARES)])
    np.maximum.at(done, users[among(what, _DONE)], ts_ms[among(what, _DONE)])
    seen = np.bincount(users, minlength=len(item)) > 0
    stands: NDArray[np.bool_] = np.where(kind == TriggerKind.NEW_ARRIVAL, ~seen, cared > done)
    return stands
