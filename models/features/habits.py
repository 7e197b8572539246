"""How often the user does it at all: per day known, so that new and old users compare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, Int64s
from models.features.echo import HABITS, habit_level
from models.features.frequency import days_known
from models.features.view import WINDOW, UserView
from models.features.window_counts import COUNTED, counts
from schemas.state import TILE_MS
from schemas.vocabulary import among

DAYS = 7
USUAL_HOURS = {"any": 3.0, "act": 1.0, "buy": 0.3}
"""In how many hours of a first day a user is thought to do it, before we know."""
USUAL_DAY = {"any": 1.0, "act": 0.33, "buy": 0.1}
"""The same as a share of days."""
LOOKS, ACTS, BUYS = 30.0, 3.0, 0.6
"""The events, acts and purchases a user is thought to have had before we knew them."""
_PER_HOUR = HOUR_MS // TILE_MS
_PER_DAY = 24 * _PER_HOUR

NAMES = (
    *(f"hours_a_day_{what}" for what in HABITS),
    *(f"share_of_days_{what}" for what in HABITS),
    "acts_an_event",
    "purchases_an_event",
)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES] over the last seven times 24 hours; the last two over 30 days.

    Rates are shrunk to the usual by about one day; nothing is NaN.
    """
    tiles, level = view.tiles, habit_level(view.tiles.type)
    week = np.flatnonzero((level > 0) & (tiles.age < DAYS * _PER_DAY))
    slot, age, level = tiles.slot[week], tiles.age[week], level[week]
    known = np.clip(np.nan_to_num(days_known(view)), 1 / 24, DAYS)
    hours, days = [], []
    for least, what in enumerate(HABITS, start=1):
        chosen = level >= least
        distinct = _distinct(slot[chosen], age[chosen] // _PER_HOUR, DAYS * 24, len(view))
        hours.append((distinct + USUAL_HOURS[what]) / (known + 1.0))
        distinct = _distinct(slot[chosen], age[chosen] // _PER_DAY, DAYS, len(view))
        days.append((distinct + USUAL_DAY[what]) / (np.ceil(known) + 1.0))
    return np.stack([*hours, *days, *_shares(view)], axis=1)


def _shares(view: UserView) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tiles = view.tiles
    month = np.flatnonzero(tiles.inside[WINDOW["30d"]])
    slot, count, level = tiles.slot[month], tiles.count[month], habit_level(tiles.type[month])
    events, acts, buys = (
        np.bincount(slot, count * (level >= least), minlength=len(view)) for least in (1, 2, 3)
    )
    return (acts + ACTS) / (events + LOOKS), (buys + BUYS) / (events + LOOKS)


def _distinct(slot: Int64s, unit: Int64s, units: int, users: int) -> NDArray[np.float64]:
    """Distinct units of time per user, units back from now's tile."""
    seen = np.zeros(users * units, np.bool_)
    seen[slot * units + unit] = True
    return np.count_nonzero(seen.reshape(users, units), axis=1).astype(np.float64)
