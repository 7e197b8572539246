"""Rows of a growing table in order of arrival, kept sorted while rows change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FULL_SORT_SHARE = 8
"""Sort anew when more than one row in eight changed; below that, merging is cheaper."""


class Newest:
    """Slots newest first, ties by hash; a change costs O(changes log n) and one copy when read."""

    def __init__(self) -> None:
        self._order = np.zeros(0, np.int64)
        self._times = np.zeros(0, np.int64)
        self._changed: set[int] = set()

    def touch(self, slot: int) -> None:
        """Note that the slot's time or eligibility changed."""
        self._changed.add(slot)

    def refresh(
        self, arrived_ms: NDArray[np.int64], hashes: NDArray[np.uint64], open_: NDArray[np.bool_]
    ) -> None:
        """Bring the order up to date; the columns are indexed by slot, ``open_`` says who is in."""
        if not self._changed:
            return
        changed = np.fromiter(self._changed, np.int64, len(self._changed))
        self._changed.clear()
        moved = np.zeros(len(open_), bool)
        moved[changed] = True
        kept = self._order[~moved[self._order]]
        fresh = changed[open_[changed]]
        if len(fresh) * _FULL_SORT_SHARE > len(kept):
            kept, fresh = np.concatenate((kept, fresh)), fresh[:0]
        else:
            fresh = fresh[np.lexsort((hashes[fresh], -arrived_ms[fresh]))]
        if len(fresh):
            kept = np.insert(kept, _places(kept, fresh, arrived_ms, hashes), fresh)
        else:
            kept = kept[np.lexsort((hashes[kept], -arrived_ms[kept]))]
        self._order, self._times = kept, -arrived_ms[kept]

    def upto(
        self, now_ms: NDArray[np.int64], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (row, slot) of the ``limit`` newest slots not after ``now_ms`` of each row."""
        start = np.searchsorted(self._times, -now_ms, side="left")
        count = np.minimum(len(self._order) - start, limit)
        rows = np.repeat(np.arange(len(now_ms)), count)
        first = np.cumsum(count) - count
        at = np.repeat(start - first, count) + np.arange(len(rows))
        return rows, self._order[at]


def _places(
    kept: NDArray[np.int64],
    fresh: NDArray[np.int64],
    arrived_ms: NDArray[np.int64],
    hashes: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Where each fresh slot goes among those kept; both are sorted."""
    times = -arrived_ms[kept]
    low = np.searchsorted(times, -arrived_ms[fresh], side="left")
    high = np.searchsorted(times, -arrived_ms[fresh], side="right")
    for i in np.flatnonzero(low < high).tolist():
        ties = hashes[kept[low[i] : high[i]]]
        low[i] += np.searchsorted(ties, hashes[fresh[i]])
    return low
