"""Local time for many users at once: offsets, and the same wall time some days earlier.

Each zone's changes are found once per year with `zoneinfo` and kept; a batch then needs integer
look-ups only, so a user's result cannot depend on who else is in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from schemas.zones import zones

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_DAY_S = 86_400
_SPREAD_S = 1 << 40
"""Distance between two zones in the merged table; far more seconds than any date."""
_REACH_MS = 36 * HOUR_MS
"""Further from a wall time than any UTC offset, nearer than two changes of a zone."""

Int64s = NDArray[np.int64]


def zone_or(name: str | None, default: str) -> str:
    """Return ``name`` where it is an IANA zone, else ``default``."""
    return name if name in zones() else default


@dataclass(slots=True, frozen=True)
class ZoneTable:
    """UTC offsets of several zones over some years, searchable in one go.

    ``starts``: seconds UTC plus the zone's number times a spread, ascending; ``offsets_ms``: the
    offset that holds from there.
    """

    starts: Int64s
    offsets_ms: Int64s

    def offset_ms(self, zone: Int64s, utc_ms: Int64s) -> Int64s:
        """Return the offset (local minus UTC, ms) of each instant in its zone's number."""
        keys = zone * _SPREAD_S + utc_ms // 1000
        return self.offsets_ms[self.starts.searchsorted(keys, side="right") - 1]

    def days_earlier(self, zone: Int64s, utc_ms: Int64s, days: int | Int64s) -> Int64s:
        """Return when the same wall clock was read ``days`` (one, or rows of them) earlier, in ms UTC.

        A wall time that was skipped moves forward by the gap, one that came twice is the first
        (PEP 495, fold 0).
        """
        wall = utc_ms + self.offset_ms(zone, utc_ms) - days * DAY_MS
        before = wall - self.offset_ms(zone, wall - _REACH_MS)
        after = wall - self.offset_ms(zone, wall + _REACH_MS)
        before_real = before + self.offset_ms(zone, before) == wall
        after_real = after + self.offset_ms(zone, after) == wall
        both = np.minimum(before, after)
        single = np.where(after_real & ~before_real, after, before)
        return np.where(before_real & after_real, both, single)


def zone_table(zones: list[str], first_ms: int, last_ms: int) -> tuple[Int64s, ZoneTable]:
    """Return each user's zone number, and the table that covers the span of instants (ms UTC)."""
    names = tuple(sorted(set(zones)))
    number = {name: i for i, name in enumerate(names)}
    years = range(_year(first_ms - 4 * DAY_MS), _year(last_ms + 4 * DAY_MS) + 1)
    index = np.fromiter((number[zone] for zone in zones), np.int64, len(zones))
    return index, _table(names, years.start, years.stop)


@lru_cache(maxsize=256)
def _table(names: tuple[str, ...], first_year: int, stop_year: int) -> ZoneTable:
    starts, offsets = [], []
    for number, name in enumerate(names):
        for year in range(first_year, stop_year):
            for start_s, offset_s in _changes(name, year):
                starts.append(number * _SPREAD_S + start_s)
                offsets.append(offset_s * 1000)
    return ZoneTable(np.array(starts, np.int64), np.array(offsets, np.int64))


@lru_cache(maxsize=8192)
def _changes(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """The offset at the start of a UTC year and each change in it: (from second, offset s)."""
    zone = ZoneInfo(name)
    start, stop = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
    found = [(start, _offset_s(zone, start))]
    for day in range(start, stop, _DAY_S):
        end = min(day + _DAY_S, stop)
        if _offset_s(zone, end) != found[-1][1]:
            change = _first_change(zone, day, end)
            if change < stop:
                found.append((change, _offset_s(zone, change)))
    return tuple(found)


def _first_change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second in (low, high] whose offset differs from the one at ``low``."""
    offset = _offset_s(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_s(zone, middle) == offset else (low, middle)
    return high


def _offset_s(zone: ZoneInfo, second: int) -> int:
    delta = datetime.fromtimestamp(second, zone).utcoffset()
    return int(delta.total_seconds()) if delta is not None else 0


@lru_cache(maxsize=4096)
def _year_of_day(day: int) -> int:
    return datetime.fromtimestamp(day * _DAY_S, UTC).year


def _year(utc_ms: int) -> int:
    return _year_of_day(utc_ms // DAY_MS)
