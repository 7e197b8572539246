"""Some time after a purchase: fires by timer, unless what was bought went back."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from schemas.vocabulary import EventType

_UNDONE = (EventType.RETURN, EventType.CANCEL)


def still_owns(events: NDArray[Any], item: int) -> bool:
    """Tell whether the item was not returned or cancelled; ``events``: one user's EVENT rows."""
    same = events[events["item"] == item]
    bought = int(same["quantity"][same["type"] == EventType.PURCHASE].sum())
    undone = sum(int(same["quantity"][same["type"] == kind].sum()) for kind in _UNDONE)
    return not len(same) or bought > undone
