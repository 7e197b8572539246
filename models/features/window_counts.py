"""How often the user did something in each window: sums of tiles in ``[start, now)``."""

from __future__ import annotations

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


def counts(view: UserView) -> NDArray[np.float64]:
    """Return the counts as float64[n, COUNTED, WINDOWS]; sums of integers, hence exact."""
    tiles, types = view.tiles, len(EventType)
    cell, size = tiles.slot * types + tiles.type, len(view) * types
    flat = [np.bincount(cell, tiles.count * inside, minlength=size) for inside in tiles.inside]
    by_window = np.stack(flat, axis=1).reshape(len(view), types, len(WINDOWS))
    groups = [by_window[:, list(kinds), :].sum(axis=1) for kinds in COUNTED.values()]
    return np.stack(groups, axis=1)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: events, or minutes for ``app_minutes``."""
    return view.once(counts).reshape(len(view), len(NAMES))
