"""Where items are: shops with their hours, countries that hold or sell them.

Many items are sold in the same shops, so each set is kept once and items name it by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from opening_hours import OpeningHours, validate

from models.features.calendar import DAY_MS
from schemas.state import TILE_MS

NOWHERE = 0
"""The set of an item that told no shops, or no countries."""
TILES_A_WEEK = 7 * DAY_MS // TILE_MS
EARTH_KM = 6_371.0
_MONDAY = datetime(2024, 1, 1)
_MONDAY_TILE = 4 * DAY_MS // TILE_MS
"""1970-01-05, the first Monday of the epoch."""


Shop = tuple[float, float, str | None]


@dataclass(slots=True, frozen=True)
class Shops:
    """Shops as columns: degrees, and opening hours (None: not told)."""

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    hours: tuple[str | None, ...]

    def km(self, lat: float, lon: float) -> NDArray[np.float64]:
        """Return the great-circle distance to each shop (haversine)."""
        a, b = np.radians(lat), np.radians(self.lat)
        half = np.sin((b - a) / 2) ** 2
        half = half + np.cos(a) * np.cos(b) * np.sin(np.radians(self.lon - lon) / 2) ** 2
        distance: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
        return distance


@dataclass(slots=True)
class Places:
    """The sets that items name by number: of ``shops``, and of ``countries``."""

    shops: list[Shops | None] = field(default_factory=lambda: [None])
    countries: list[frozenset[str] | None] = field(default_factory=lambda: [None])
    _shop_numbers: dict[tuple[Shop, ...], int] = field(default_factory=dict)
    _country_numbers: dict[frozenset[str], int] = field(default_factory=dict)

    def shop_set(self, told: Sequence[Shop] | None) -> int:
        """Return the number of a set of (lat, lon, hours)."""
        if not told:
            return NOWHERE
        key = tuple(told)
        if key not in self._shop_numbers:
            self._shop_numbers[key] = len(self.shops)
            lat, lon, hours = zip(*told, strict=True)
            self.shops.append(Shops(np.array(lat, float), np.array(lon, float), tuple(hours)))
        return self._shop_numbers[key]

    def country_set(self, codes: Iterable[str] | None) -> int:
        """Return the number of a set of countries; "de" and "DE-BER-1" lie in DE."""
        if codes is None:
            return NOWHERE
        key = frozenset(code.split("-")[0].upper() for code in codes)
        if key not in self._country_numbers:
            self._country_numbers[key] = len(self.countries)
            self.countries.append(key)
        return self._country_numbers[key]


def is_open(hours: str | None, local_ms: int) -> float:
    """Return 1 or 0 at a wall-clock time; NaN where the hours are not told or not readable."""
    table = None if hours is None else week(hours)
    return np.nan if table is None else float(table[_tile_of_week(local_ms)])


def _tile_of_week(local_ms: int) -> int:
    return (local_ms // TILE_MS - _MONDAY_TILE) % TILES_A_WEEK


LONGEST_HOURS = 255
"""Characters; OpenStreetMap has no longer values. Reading a long text takes its square in time."""


@lru_cache(maxsize=4_096)
def week(hours: str) -> NDArray[np.bool_] | None:
    """Return bool[672]: open at each quarter hour from Monday 00:00; None: not readable.

    ``hours`` as in OpenStreetMap, "Mo-Sa 09:00-18:00"; what it says of holidays is not asked for.
    """
    if len(hours) > LONGEST_HOURS or not validate(hours):
        return None
    rule = OpeningHours(hours)
    quarter = timedelta(milliseconds=TILE_MS)
    return np.array([rule.is_open(_MONDAY + i * quarter) for i in range(TILES_A_WEEK)])
