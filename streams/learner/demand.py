"""How much an item is wanted: weighted integer counts per hour of event time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EventType
from streams.learner.kept import Kept
from streams.learner.tally import Tally

HOUR_MS = 3_600_000
DAY_H = 24
WEEK_H = 7 * DAY_H
SLOT_BITS = 28

WEIGHTS: dict[EventType, int] = {
    EventType.VIEW: 1,
    EventType.SHARE: 2,
    EventType.FOLLOW: 2,
    EventType.LIKE: 2,
    EventType.COMMENT: 2,
    EventType.FAV: 3,
    EventType.CART: 4,
    EventType.PURCHASE: 8,
}
"""Weights of events: purchase > cart > favourite > view; integers, so that sums are exact."""
WEIGHT_OF = np.zeros(256, np.int64)
WEIGHT_OF[[int(kind) for kind in WEIGHTS]] = list(WEIGHTS.values())

MAX_BUCKETS = 4_000_000
"""Counts kept (item x hour): 64 MB; beyond, the oldest hours go."""


class Demand(Kept):
    """Counts of the last week, hour by hour."""

    KEEPS = ("_tally",)

    def __init__(self, most: int = MAX_BUCKETS) -> None:
        self._most = most
        self._tally = Tally()

    def add(
        self, slots: NDArray[np.int64], ts_ms: NDArray[np.int64], weights: NDArray[np.int64]
    ) -> None:
        """Count events of items."""
        self._tally.add(((ts_ms // HOUR_MS) << SLOT_BITS) | slots, weights)
        if len(self._tally) > self._most:
            self._drop_oldest()

    def of(self, items: int, now_ms: int) -> NDArray[np.int64]:
        """Return each item's demand at ``now_ms``: 7 x the last 24 hours + the last 7 days.

        So a day's rate and a week's rate weigh the same. Hours in progress count; hours that
        have not begun do not. What is older than a week is forgotten.
        """
        keys, counts = self._tally.rows()
        age_h = now_ms // HOUR_MS - (keys >> SLOT_BITS)
        kept = age_h < WEEK_H
        if not kept.all():
            keys, counts, age_h = keys[kept], counts[kept], age_h[kept]
            self._tally.replace(keys, counts)
        begun = age_h >= 0
        weighted = np.where(age_h < DAY_H, 8, 1) * counts * begun
        total = np.zeros(items, np.int64)
        np.add.at(total, keys & ((1 << SLOT_BITS) - 1), weighted)
        return total

    def rename(self, renumbered: NDArray[np.int64]) -> None:
        """Follow a renumbering of items; counts of those that are gone (-1) go too."""
        keys, counts = self._tally.rows()
        slots = renumbered[keys & ((1 << SLOT_BITS) - 1)]
        kept = slots >= 0
        hours = keys[kept] >> SLOT_BITS
        self._tally.replace((hours << SLOT_BITS) | slots[kept], counts[kept])

    def _drop_oldest(self) -> None:
        """Keep the newest three quarters, in whole hours: which rows go does not depend on order.

        An hour holds at most one row an item, so more than the newest hour always stays.
        """
        keys, counts = self._tally.rows()
        excess = len(keys) - self._most * 3 // 4
        if len(keys) > self._most:
            kept = (keys >> SLOT_BITS) > (keys[excess - 1] >> SLOT_BITS)
            self._tally.replace(keys[kept], counts[kept])
