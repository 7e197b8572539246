"""What a user's own tiles say about when they are active."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.features.calendar import DAY_MS, HOUR_MS, zone_table
from models.sendtime.activity import HOURS, Floats, Ints
from schemas.state import NEVER_MS, TILE_MS, UserState
from schemas.vocabulary import DEEDS, among

LOOK_DAYS = 60
"""Older activity says little about habits; state that forgets earlier simply knows less."""
_NEVER_H = 10_000.0
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(slots=True, frozen=True)
class Habits:
    """Of ``n`` users at their own now.

    ``counts``: float64[n, 24], active hours by local hour; ``gap_h``: float64[n], whole hours
    between the last active one and the hour of now (0: the hour before, or this one); ``days``:
    float64[n], for how long the user has been watched; ``hour``, ``weekday``: int64[n] on the
    user's wall clock now, Monday is 0.
    """

    counts: Floats
    gap_h: Floats
    days: Floats
    hour: Ints
    weekday: Ints


def habits(state: UserState, now_ms: Ints, zones: list[str]) -> Habits:
    """Return the habits of users whose clocks run in ``zones`` (IANA names, one a user)."""
    look_ms = LOOK_DAYS * DAY_MS
    if not len(now_ms):
        return of_hours(*(np.zeros(0, np.int64) for _ in range(4)))
    number, table = zone_table(zones, int(now_ms.min()) - look_ms - DAY_MS, int(now_ms.max()))
    slot = state.tiles.slots
    start_ms = state.tiles.data["tile"].astype(np.int64) * TILE_MS
    age_ms = now_ms[slot] - start_ms
    lived = among(state.tiles.data["type"], DEEDS) & (age_ms > 0) & (age_ms < look_ms)
    slot, start_ms = slot[lived], start_ms[lived]
    local_h = (start_ms + table.offset_ms(number[slot], start_ms)) // HOUR_MS
    now_h = (now_ms + table.offset_ms(number, now_ms)) // HOUR_MS
    first_ms = state.head["first_ms"]
    since_ms = np.where(first_ms == NEVER_MS, now_ms, first_ms)
    watched_h = np.maximum(now_ms - since_ms, 0) // HOUR_MS
    return of_hours(slot, local_h, now_h, watched_h)


def of_hours(user: Ints, hour: Ints, now: Ints, watched_h: Ints) -> Habits:
    """Return the habits of users active in ``hour`` (local, from 1970-01-01; pairs may repeat).

    ``user``: row of each hour; ``now``: int64[n], the local hour of now; ``watched_h``:
    int64[n], how long each user is known.
    """
    n, width = len(now), 1 << 30
    pairs = np.unique(user * width + hour)
    user, hour = pairs // width, pairs % width
    flat = np.bincount(user * HOURS + hour % HOURS, minlength=n * HOURS)
    last = np.full(n, -1, np.int64)
    np.maximum.at(last, user, hour)
    gap = np.where(last < 0, _NEVER_H, np.maximum(now - 1 - last, 0))
    days = np.minimum(watched_h / HOURS, LOOK_DAYS)
    weekday = (now // HOURS + _MONDAY) % 7
    return Habits(flat.reshape(n, HOURS).astype(np.float64), gap, days, now % HOURS, weekday)
