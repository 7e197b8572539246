"""How regularly the user comes: distinct active tiles, hours and local days, and their tenure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, Int64s
from models.features.view import WINDOW, UserView
from schemas.state import TILE_MS
from schemas.vocabulary import DEEDS, among

NAMES = (
    "active_tiles_1d",
    "active_tiles_7d",
    "active_hours_7d",
    "active_days_7d",
    "active_days_30d",
    "days_known",
    "events_total",
)
_SPREAD = 1 << 24


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: counts, and days since the first event (NaN when there is none)."""
    tiles = view.tiles
    acted = among(tiles.type, DEEDS)
    distinct = [
        _distinct(view, tiles.start_ms // TILE_MS, acted, "1d"),
        _distinct(view, tiles.start_ms // TILE_MS, acted, "7d"),
        _distinct(view, tiles.start_ms // HOUR_MS, acted, "7d"),
        _distinct(view, tiles.local_ms // DAY_MS, acted, "7d"),
        _distinct(view, tiles.local_ms // DAY_MS, acted, "30d"),
    ]
    total = view.state.head["total"].astype(np.float64)
    return np.array([*distinct, view.once(days_known), total]).T


def days_known(view: UserView) -> NDArray[np.float64]:
    """Return days since each user's first event; NaN when there is none."""
    first_ms, total = view.state.head["first_ms"], view.state.head["total"]
    days = np.maximum(view.now_ms - first_ms, 0) / DAY_MS
    return np.where(total > 0, days, np.nan)


def _distinct(
    view: UserView, unit: Int64s, acted: NDArray[np.bool_], window: str
) -> NDArray[np.float64]:
    """Distinct units of time per user; a clock set back repeats a unit, it does not add one."""
    chosen = acted & view.tiles.inside[WINDOW[window]]
    slot = view.tiles.slot[chosen]
    highest = np.maximum.accumulate(slot * _SPREAD + unit[chosen])
    new = np.ones(len(highest), np.bool_)
    new[1:] = highest[1:] > highest[:-1]
    return np.bincount(slot[new], minlength=len(view)).astype(np.float64)
