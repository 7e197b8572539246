"""Hours and days as numbers, and where they fall in the season of the shop's own clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, zone_table
from models.forecast.plan import DAY, HOUR, SEASONS

Ints = NDArray[np.int64]
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(slots=True, frozen=True)
class Steps:
    """One kind of step in a zone: ``hour`` (of real time, placed by the wall clock) or ``day``
    (from local midnight to local midnight, placed by the weekday).
    """

    kind: str
    zone: str

    @property
    def season(self) -> int:
        """Steps that make a season."""
        return SEASONS[self.kind]

    def index(self, ts_ms: Ints) -> Ints:
        """Return the number of the step each instant (ms UTC) is in; numbers grow by one."""
        if self.kind == HOUR:
            return ts_ms // HOUR_MS
        return (ts_ms + self._offset_ms(ts_ms)) // DAY_MS

    def slot(self, index: Ints) -> Ints:
        """Return where steps fall in the season: local hour 0 to 23, or weekday (Monday is 0)."""
        if self.kind == DAY:
            return (index + _MONDAY) % 7
        ts_ms = index * HOUR_MS
        return (ts_ms + self._offset_ms(ts_ms)) % DAY_MS // HOUR_MS

    def _offset_ms(self, ts_ms: Ints) -> Ints:
        if not len(ts_ms):
            return ts_ms
        _, table = zone_table([self.zone], int(ts_ms.min()), int(ts_ms.max()))
        return table.offset_ms(np.zeros(len(ts_ms), np.int64), ts_ms)
