"""What the learner knows of each item beside its meetings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS
from streams.learner.index import HashIndex
from streams.learner.kept import Kept
from streams.shared.arrays import runs

MAX_ITEMS = 1_000_000
"""Items remembered: 72 bytes each, and their names; beyond, those not seen for longest go."""
_KEEP_EIGHTHS = 7

_ROW = np.dtype(
    [
        ("hash", "<u8"),
        ("category", "<u8"),
        ("category_ms", "<i8"),  # when the category was told: the latest wins
        ("first_ms", "<i8"),
        ("last_ms", "<i8"),
        ("entries", "<i8"),  # times it came into a history of visits
        ("orders", "<i8"),  # times it came into a history of purchases
    ]
)


class Items(Kept):
    """A row per item hash seen in the signals."""

    KEEPS = ("_index", "_rows")

    def __init__(self, most: int = MAX_ITEMS) -> None:
        self._most = most
        self._index = HashIndex()
        self._rows = np.zeros(0, _ROW)

    def __len__(self) -> int:
        """Items."""
        return len(self._rows)

    def column(self, name: str) -> NDArray[np.generic]:
        """One column by slot: hash, category, first_ms, last_ms, entries or orders."""
        return self._rows[name]

    def find(self, items: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slots of items, -1 for one never seen."""
        return self._index.find(items)

    def see(
        self,
        items: NDArray[np.uint64],
        categories: NDArray[np.uint64],
        ts_ms: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Note that items were seen; return their slots."""
        slots = self._index.slots(items)
        missing = len(self._index) - len(self._rows)
        if missing:
            fresh = np.zeros(missing, _ROW)
            fresh["category_ms"] = fresh["last_ms"] = NEVER_MS
            fresh["first_ms"] = np.iinfo(np.int64).max
            self._rows = np.concatenate((self._rows, fresh))
            self._rows["hash"][slots] = items
        np.maximum.at(self._rows["last_ms"], slots, ts_ms)
        np.minimum.at(self._rows["first_ms"], slots, ts_ms)
        told = categories != NO_ID
        self._tell(slots[told], categories[told], ts_ms[told])
        return slots

    def count(self, column: str, slots: NDArray[np.int64]) -> None:
        """Add one to ``entries`` or ``orders`` for each slot."""
        self._rows[column] += np.bincount(slots, minlength=len(self._rows))

    def forget(self) -> NDArray[np.int64] | None:
        """Drop the longest unseen when there are too many; return old slot -> new slot or -1."""
        if len(self) <= self._most:
            return None
        oldest_first = np.lexsort((self._rows["hash"], self._rows["last_ms"]))
        kept = np.ones(len(self), bool)
        kept[oldest_first[: len(self) - self._most * _KEEP_EIGHTHS // 8]] = False
        self._rows = self._rows[kept]
        return self._index.keep(kept)

    def _tell(
        self,
        slots: NDArray[np.int64],
        categories: NDArray[np.uint64],
        ts_ms: NDArray[np.int64],
    ) -> None:
        """Keep each item's latest category; at equal times the larger hash, in any order."""
        order = np.lexsort((categories, ts_ms, slots))
        slots, categories, ts_ms = slots[order], categories[order], ts_ms[order]
        last = np.append(runs(slots)[1:], len(slots))[: len(slots)] - 1
        slots, categories, ts_ms = slots[last], categories[last], ts_ms[last]
        old = self._rows[slots]
        newer = (ts_ms > old["category_ms"]) | (
            (ts_ms == old["category_ms"]) & (categories > old["category"])
        )
        self._rows["category"][slots[newer]] = categories[newer]
        self._rows["category_ms"][slots[newer]] = ts_ms[newer]
