"""Some time after a purchase: fires by timer, unless what was bought went back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import Ragged
from schemas.vocabulary import EventType, among

_UNDONE = (EventType.RETURN, EventType.CANCEL)
_COUNTED = (EventType.PURCHASE, *_UNDONE)


def still_own(events: Ragged, item: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark users whose item was not returned or cancelled, as far as their rows know of it.

    ``events``: the users' `EVENT` rows; ``item``: uint64[n], what each one's timer is about.
    """
    users, data = events.slots, events.data
    same = (data["item"] == item[users]).nonzero()[0]
    users, kind = users[same], data["type"][same]
    pieces = data["quantity"][same].astype(np.int64)
    pieces[among(kind, _UNDONE)] *= -1
    pieces[~among(kind, _COUNTED)] = 0
    kept = np.zeros(len(item), np.int64)
    np.add.at(kept, users, pieces)
    owns: NDArray[np.bool_] = (kept > 0) | (np.bincount(users, minlength=len(item)) == 0)
    return owns
