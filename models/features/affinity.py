"""How close the user is to the item and to its category, from their recent events."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, Int64s
from models.features.pairs import PairView
from models.features.view import TILES_30D
from schemas.state import TILE_MS
from schemas.vocabulary import EventType, among

WEIGHTS: dict[EventType, float] = {
    EventType.VIEW: 1.0,
    EventType.CART: 3.0,
    EventType.REMOVE_CART: -2.0,
    EventType.FAV: 2.0,
    EventType.LIKE: 2.0,
    EventType.SHARE: 2.0,
    EventType.FOLLOW: 2.0,
    EventType.COMMENT: 2.0,
    EventType.PURCHASE: 5.0,
    EventType.RETURN: -5.0,
    EventType.CANCEL: -5.0,
}
"""What an act says about liking, as in the article's weighted actions; others say nothing."""

HALF_LIVES_H = (6, 72)
ITEM_ACTS: dict[str, tuple[EventType, ...]] = {
    "views": (EventType.VIEW,),
    "carts": (EventType.CART,),
    "favs": (EventType.FAV, EventType.LIKE),
    "purchases": (EventType.PURCHASE,),
}
NAMES = (
    *(f"affinity_{what}_{half}h" for what in ("item", "category") for half in HALF_LIVES_H),
    "category_share",
    *(f"item_{act}" for act in ITEM_ACTS),
    "hours_since_item",
    "hours_since_category",
)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]: decayed weights, share of the user's events, counts, hours.

    Hours are NaN when the user never met the item or category, the share without any events.
    """
    of_item, of_category = view.same_item, view.same_category
    kind = view.events.rows.data["type"][view.hit_event]
    age = np.minimum(view.events.age[view.hit_event], TILES_30D)
    decayed = [
        _sum(view, mask, _worth()[kind] * _decay(half)[age])
        for mask in (of_item, of_category)
        for half in HALF_LIVES_H
    ]
    acts = [
        _sum(view, of_item & among(kind, kinds), np.ones(len(kind))) for kinds in ITEM_ACTS.values()
    ]
    events = view.events.rows.lengths[view.due]
    near = _sum(view, of_category, np.ones(len(kind)))
    share = np.where(events > 0, near / np.maximum(events, 1), np.nan)
    recency = [_hours(view, of_item), _hours(view, of_category)]
    return np.array([*decayed, share, *acts, *recency]).T


def _sum(
    view: PairView, mask: NDArray[np.bool_], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum per pair, one after the other in the events' order."""
    return np.bincount(view.hit_pair[mask], weight[mask], minlength=len(view)).astype(np.float64)


def _hours(view: PairView, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    never = np.iinfo(np.int64).max
    least: Int64s = np.full(len(view), never, np.int64)
    np.minimum.at(least, view.hit_pair[mask], view.events.age_ms[view.hit_event[mask]])
    return np.where(least == never, np.nan, least / HOUR_MS)


@lru_cache(maxsize=1)
def _worth() -> NDArray[np.float64]:
    return np.array([WEIGHTS.get(kind, 0.0) for kind in EventType])


@lru_cache(maxsize=8)
def _decay(half_life_h: int) -> NDArray[np.float64]:
    """``2 ** (-age / half-life)`` by whole tiles; nothing is left after 30 days."""
    tiles = half_life_h * HOUR_MS // TILE_MS
    return np.array([2.0 ** (-age / tiles) for age in range(TILES_30D)] + [0.0])
