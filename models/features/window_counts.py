"""How often the user did something in each window: sums of tiles in ``[start, now)``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.view import WINDOWS, UserView
from schemas.vocabulary import DEEDS, EventType

COUNTED: dict[str, tuple[EventType, ...]] = {
    "view": (EventType.VIEW,),
    "search": (EventType.SEARCH,),
    "cart": (EventType.CART,),
    "fav": (EventType.FAV, EventType.LIKE),
    "purchase": (EventType.PURCHASE,),
    "return": (EventType.RETURN, EventType.CANCEL),
    "app_minutes": (EventType.APP_MINUTES,),
    "any": DEEDS,
}
"""Which tiles each count adds up; a like is a favourite without a basket."""

NAMES = tuple(f"{what}_{window}" for what in COUNTED for window in WINDOWS)


class Groups:
    """Groups of event types, for folding an axis of types into one of groups at once."""

    def __init__(self, groups: Iterable[tuple[EventType, ...]]) -> None:
        kinds = list(groups)
        self._types = [int(kind) for group in kinds for kind in group]
        self._starts = np.cumsum([0, *(len(group) for group in kinds[:-1])])

    def fold(self, ufunc: np.ufunc, by_type: NDArray[Any]) -> NDArray[Any]:
        """Return [n, groups, ...] of [n, types, ...]: each group's types joined by ``ufunc``."""
        folded: NDArray[Any] = ufunc.reduceat(by_type[:, self._types], self._starts, axis=1)
        return folded


_GROUPS = Groups(COUNTED.values())


def counts(view: UserView) -> NDArray[np.float64]:
    """Return the counts as float64[n, COUNTED, WINDOWS]; sums of integers, hence exact."""
    tiles, types = view.tiles, len(EventType)
    cell, size = tiles.slot * types + tiles.type, len(view) * types
    flat = [np.bincount(cell, tiles.count * inside, minlength=size) for inside in tiles.inside]
    by_window = np.stack(flat, axis=1).reshape(len(view), types, len(WINDOWS))
    return _GROUPS.fold(np.add, by_window)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: events, or minutes for ``app_minutes``."""
    return view.once(counts).reshape(len(view), len(NAMES))
