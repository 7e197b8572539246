"""Where now stands on the user's clock, and how much of their activity falls there."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, Int64s
from models.features.view import WINDOW, UserView
from schemas.state import TILE_MS
from schemas.vocabulary import DEEDS, among

NAMES = (
    "local_hour_sin",
    "local_hour_cos",
    "local_hour",
    "weekday",
    "share_this_hour",
    "share_next_3_hours",
    "share_this_weekday",
)
PRIOR_TILES = 8.0
"""How many active tiles, spread evenly, a user is thought to have had before we knew them."""
_MONDAY = 3  # 1970-01-01 was a Thursday


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]; hours 0 to 24, Monday is 0, shares smoothed to uniform."""
    quarter = view.local_now_ms % DAY_MS // TILE_MS
    hour = view.local_now_ms % DAY_MS // HOUR_MS
    weekday = (view.local_now_ms // DAY_MS + _MONDAY) % 7
    tiles = view.tiles
    lived = among(tiles.type, DEEDS) & tiles.inside[WINDOW["30d"]]
    slot, local_ms = tiles.slot[lived], tiles.local_ms[lived]
    hours = _shares(slot, local_ms % DAY_MS // HOUR_MS, len(view), 24)
    days = _shares(slot, (local_ms // DAY_MS + _MONDAY) % 7, len(view), 7)
    users = np.arange(len(view))
    ahead = hours[users, hour] + hours[users, (hour + 1) % 24] + hours[users, (hour + 2) % 24]
    sine, cosine = _circle()
    return np.array(
        [sine[quarter], cosine[quarter], quarter / 4, weekday.astype(np.float64),
         hours[users, hour], ahead, days[users, weekday]],
    ).T  # fmt: skip


def _shares(slot: Int64s, bucket: Int64s, users: int, buckets: int) -> NDArray[np.float64]:
    """Smoothed share of active (tile, type) rows per bucket: float64[users, buckets]."""
    flat = np.bincount(slot * buckets + bucket, minlength=users * buckets)
    seen = flat.reshape(users, buckets)
    total = seen.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = (seen + PRIOR_TILES / buckets) / (total + PRIOR_TILES)
    return shares


@lru_cache(maxsize=1)
def _circle() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angles = [2 * math.pi * quarter / 96 for quarter in range(96)]
    return np.array([math.sin(x) for x in angles]), np.array([math.cos(x) for x in angles])
