"""Rows of a growing table in order of arrival, kept sorted while rows change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS

_FULL_SORT_SHARE = 8
"""Sort anew when more than one row in eight changed; below that, merging is cheaper."""


class Newest:
    """Slots newest first, ties by hash; a change costs O(changes log n) and one copy when read."""

    def __init__(self) -> None:
        self._order = np.zeros(0, np.int64)
        self._times = np.zeros(0, np.int64)  # negated, so that they rise
        self._changed: set[int] = set()

    def touch(self, slot: int) -> None:
        """Note that the slot's time or eligibility changed."""
        self._changed.add(slot)

    def refresh(self, arrived_ms: NDArray[np.int64], hashes: NDArray[np.uint64]) -> None:
        """Bring the order up to date; by slot, `NEVER_MS` for one that is not in."""
        if not self._changed:
            return
        changed = np.fromiter(self._changed, np.int64, len(self._changed))
        self._changed.clear()
        moved = np.zeros(len(arrived_ms), bool)
        moved[changed] = True
        stays = ~moved[self._order]
        kept, times = self._order[stays], self._times[stays]
        fresh = changed[arrived_ms[changed] != NEVER_MS]
        if len(fresh) * _FULL_SORT_SHARE > len(kept):
            every = np.concatenate((kept, fresh))
            self._order = every[np.lexsort((hashes[every], -arrived_ms[every]))]
            self._times = -arrived_ms[self._order]
            return
        fresh = fresh[np.lexsort((hashes[fresh], -arrived_ms[fresh]))]
        at = _places(kept, times, fresh, -arrived_ms[fresh], hashes)
        self._order = np.insert(kept, at, fresh)
        self._times = np.insert(times, at, -arrived_ms[fresh])

    def upto(
        self, now_ms: NDArray[np.int64], limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (row, slot) of the ``limit`` newest slots not after ``now_ms`` of each row."""
        start = self._times.searchsorted(-now_ms, side="left")
        count = np.minimum(len(self._order) - start, limit)
        rows = np.arange(len(now_ms)).repeat(count)
        first = count.cumsum() - count
        at = (start - first).repeat(count) + np.arange(len(rows))
        return rows, self._order[at]


def _places(
    kept: NDArray[np.int64],
    kept_times: NDArray[np.int64],
    fresh: NDArray[np.int64],
    fresh_times: NDArray[np.int64],
    hashes: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """Where each fresh slot goes among those kept; both are sorted, equal times by hash."""
    low = kept_times.searchsorted(fresh_times, side="left")
    high = kept_times.searchsorted(fresh_times, side="right")
    for i in (low < high).nonzero()[0].tolist():
        ties = hashes[kept[low[i] : high[i]]]
        low[i] += ties.searchsorted(hashes[fresh[i]])
    return low
