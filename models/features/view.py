"""What the feature families read: the users' tiles and events with their age at the decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, Int64s, ZoneTable, zone_table
from schemas.state import TILE_MS, Ragged, UserState

Floats = NDArray[np.float64]
WINDOWS: dict[str, int] = {
    "15m": TILE_MS,
    "1h": HOUR_MS,
    "6h": 6 * HOUR_MS,
    "1d": DAY_MS,
    "7d": 7 * DAY_MS,
    "30d": 30 * DAY_MS,
}
"""Name and nominal length (ms) of each window, shortest first; day-long ones follow the calendar."""

HALF_LIVES_H = (6, 24, 72)
"""Short, middle and long half-life of the smoothed counts (`models.features.ewma`) by default."""

WINDOW = {name: number for number, name in enumerate(WINDOWS)}
"""The row of a window in ``Tiles.inside``."""

TILES_30D = 30 * DAY_MS // TILE_MS
_LOCAL_REACH_MS = 40 * DAY_MS


@dataclass(slots=True, frozen=True)
class Tiles:
    """The tiles that started before the user's now, a row each, user after user.

    ``inside``: bool[windows, rows], which windows hold the tile (where a zone skipped a day, a
    longer window can be empty when a shorter one is not); ``age``: whole tiles between it and the
    tile of now; ``local_ms``: its start on the wall clock.
    """

    slot: Int64s
    type: Int64s
    count: Int64s
    start_ms: Int64s
    local_ms: Int64s
    age: Int64s
    inside: NDArray[np.bool_]


@dataclass(slots=True, frozen=True)
class Events:
    """The recent events whose tile started before the user's now, oldest first per user."""

    rows: Ragged
    slot: Int64s
    age: Int64s
    age_ms: Int64s


@dataclass(slots=True, frozen=True)
class UserView:
    """``n`` users at their own ``now_ms``; ``local_now_ms`` is the wall clock of their zone.

    ``half_lives_h``: hours in which smoothed counts halve, shortest first.
    """

    state: UserState
    now_ms: Int64s
    local_now_ms: Int64s
    tiles: Tiles
    events: Events
    half_lives_h: tuple[int, ...] = HALF_LIVES_H
    _made: dict[Any, Floats] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[UserView], Floats]) -> Floats:
        """Return what ``make`` makes of the view, worked out once: families build on each other."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]

    def __len__(self) -> int:
        """Users."""
        return len(self.now_ms)


def user_view(
    state: UserState,
    now_ms: Int64s,
    zones: list[str],
    half_lives_h: tuple[int, ...] = HALF_LIVES_H,
) -> UserView:
    """Return the view of users whose clocks run in ``zones`` (IANA names, one a user)."""
    require_one_each(state, now_ms, zones)
    now_ms = np.asarray(now_ms, np.int64)
    index, table = _clocks(now_ms, zones)
    local_now_ms = now_ms + table.offset_ms(index, now_ms)
    starts = _window_starts(table, index, now_ms)
    tiles = _tiles_before(state.tiles, now_ms, starts, index, table)
    events = events_before(state, now_ms)
    return UserView(state, now_ms, local_now_ms, tiles, events, half_lives_h)


def require_one_each(state: UserState, now_ms: Int64s, zones: list[str]) -> None:
    """Make sure that every user has a time and a zone.

    Raises:
        ValueError: the lengths differ.
    """
    if not len(state) == len(now_ms) == len(zones):
        raise ValueError(f"{len(state)} users, {len(now_ms)} times, {len(zones)} zones")


def events_before(state: UserState, now_ms: Int64s) -> Events:
    """Return the recent events known at ``now_ms`` (int64 per user); a clock ahead reads as age 0."""
    rows = state.events
    slot = rows.slots
    keep = rows.data["ts_ms"] // TILE_MS * TILE_MS < now_ms[slot]
    if not keep.all():
        rows, slot = Ragged.group(len(state), slot[keep], rows.data[keep]), slot[keep]
    age_ms = np.maximum(now_ms[slot] - rows.data["ts_ms"], 0)
    age = (now_ms // TILE_MS)[slot] - rows.data["ts_ms"] // TILE_MS
    return Events(rows, slot, np.maximum(age, 0), age_ms)


def local_times(now_ms: Int64s, zones: list[str]) -> Int64s:
    """Return each time on the wall clock of its zone, ms."""
    index, table = _clocks(now_ms, zones)
    local_ms: Int64s = now_ms + table.offset_ms(index, now_ms)
    return local_ms


def _clocks(now_ms: Int64s, zones: list[str]) -> tuple[Int64s, ZoneTable]:
    if not len(now_ms):
        return np.zeros(0, np.int64), zone_table(["UTC"], 0, 0)[1]
    return zone_table(zones, int(now_ms.min()) - _LOCAL_REACH_MS, int(now_ms.max()))


def _window_starts(table: ZoneTable, index: Int64s, now_ms: Int64s) -> Int64s:
    """When each of the windows of each user begins: int64[windows, users]."""
    length_ms = np.array(list(WINDOWS.values()))[:, None]
    daily = [name.endswith("d") for name in WINDOWS]
    start_ms: Int64s = now_ms - length_ms
    start_ms[daily] = table.days_earlier(index, now_ms, length_ms[daily] // DAY_MS)
    return start_ms // TILE_MS * TILE_MS


def _tiles_before(
    rows: Ragged, now_ms: Int64s, starts: Int64s, index: Int64s, table: ZoneTable
) -> Tiles:
    slot: Int64s = rows.slots
    start_ms = rows.data["tile"].astype(np.int64) * TILE_MS
    keep = start_ms < now_ms[slot]
    slot, start_ms, data = slot[keep], start_ms[keep], rows.data[keep]
    inside = start_ms >= starts[:, slot]
    # Nobody asks for the wall clock of what is older than any window.
    recent_ms = np.maximum(start_ms, (now_ms - _LOCAL_REACH_MS)[slot])
    local_ms = start_ms + table.offset_ms(index[slot], recent_ms)
    age = (now_ms // TILE_MS)[slot] - start_ms // TILE_MS
    kind, count = data["type"].astype(np.int64), data["n"].astype(np.int64)
    return Tiles(slot, kind, count, start_ms, local_ms, age, inside)
