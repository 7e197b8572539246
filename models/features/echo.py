"""Does the user do this at this time of day: the hours that lie ahead, seen on earlier days."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, Int64s
from models.features.frequency import days_known
from models.features.view import UserView
from models.features.window_counts import COUNTED
from schemas.state import TILE_MS
from schemas.vocabulary import EventType

ACTS = (*COUNTED["cart"], *COUNTED["fav"], *COUNTED["purchase"])
HABITS = ("any", "act", "buy")
"""What a habit is of: anything, more than a look, a purchase. Each contains the next."""
USUAL = {"any": 0.3, "act": 0.09, "buy": 0.03}
"""On which share of days a user is thought to do it within three hours, before we know."""
_USUAL = np.array([USUAL[what] for what in HABITS])

DAYS = 7
AHEAD_MS = 3 * HOUR_MS
NEAR_MS = HOUR_MS
PRIOR_DAYS = 2.0
FADES = 0.9
"""How much less a day says than the one after it."""
_REACH = (DAYS + 2) * DAY_MS // TILE_MS
"""Tiles older than this are in no window, whatever the zone did meanwhile."""

NAMES = tuple(f"echo_{how}_{what}" for what in HABITS for how in ("ahead", "near", "yesterday"))


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES] by the user's wall clock.

    ``ahead``: share of the last seven days with something in the three hours after this time of
    day, newer days counting more, shrunk to what is usual; ``near``: the same from an hour before
    to four hours after; ``yesterday``: 1 if the last day had it.
    """
    tiles, level = view.tiles, habit_level(view.tiles.type)
    lately = ((level > 0) & (tiles.age <= _REACH)).nonzero()[0]
    slot, level = tiles.slot[lately], level[lately]
    back_ms = (view.local_now_ms // TILE_MS * TILE_MS)[slot] - tiles.local_ms[lately]
    ahead = _days(back_ms, AHEAD_MS)
    near = _days(back_ms - NEAR_MS, AHEAD_MS + 2 * NEAR_MS)
    seen = _seen(slot, level, np.stack((ahead, near)), len(view))
    total = (seen * _weights()).cumsum(axis=3)[..., -1]  # day after day, in this order
    lived = _lived(view.once(days_known))[:, None, None]
    echoes = np.empty((len(view), len(HABITS), 3))
    echoes[..., :2] = (total + _USUAL[:, None] * PRIOR_DAYS) / (lived + PRIOR_DAYS)
    echoes[..., 2] = seen[:, :, 0, 1]
    return echoes.reshape(len(view), len(NAMES))


def habit_level(kind: Int64s) -> Int64s:
    """Return how many of ``HABITS`` an event of this type belongs to."""
    level: Int64s = _levels()[kind]
    return level


@lru_cache(maxsize=1)
def _levels() -> Int64s:
    habits = (COUNTED["any"], ACTS, COUNTED["purchase"])
    return np.array([sum(kind in kinds for kinds in habits) for kind in EventType], np.int64)


def _days(back_ms: Int64s, length_ms: int) -> Int64s:
    """How many days before now's window each tile's window is, 0 where it is in none of the seven."""
    day = -(-back_ms // DAY_MS)
    inside = (day >= 1) & (day <= DAYS) & (day * DAY_MS - back_ms < length_ms)
    return np.where(inside, day, 0)


def _seen(slot: Int64s, level: Int64s, days: Int64s, users: int) -> NDArray[np.bool_]:
    """Whether the user did it, by habit, window (a row of ``days`` each) and day back; day 0 is none."""
    seen = np.zeros((users, len(HABITS), len(days), DAYS + 1), np.bool_)
    for window, day in enumerate(days):
        seen[slot, level - 1, window, day] = True
    for wider in reversed(range(len(HABITS) - 1)):
        seen[:, wider] |= seen[:, wider + 1]
    return seen


def _lived(known_days: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weight of the days back on which the user was known already."""
    whole = (np.nan_to_num(known_days) + AHEAD_MS / DAY_MS).clip(0, DAYS).astype(np.int64)
    lived: NDArray[np.float64] = _weights().cumsum()[whole]
    return lived


@lru_cache(maxsize=1)
def _weights() -> NDArray[np.float64]:
    return np.array([0.0, *(FADES**day for day in range(1, DAYS + 1))])
