"""Where each item stands in the catalogue's columns: one at a time, or many at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

UNKNOWN = 0
"""The slot of every item that has none of its own."""
FEW = 150
"""So few are found sooner one by one: pandas takes 30 us for the first, a dict 0.2 us for each."""
_STALE_SHARE = 8
"""Index anew when one slot in eight came since; until then the younger ones are found singly."""


class Slots:
    """Slots 1, 2, 3, ... by item hash, in the order in which the items came."""

    def __init__(self, few: int = FEW) -> None:
        """``few``: how many are looked up one by one; it changes the cost, not the result."""
        self._few = few
        self._slot_of: dict[int, int] = {}
        self._hashes = np.zeros(1024, np.uint64)
        self._index = pd.Index(self._hashes[:0])

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """The items' hashes by slot; longer than there are slots."""
        return self._hashes

    def __len__(self) -> int:
        """Items."""
        return len(self._slot_of)

    def get(self, number: int) -> int:
        """Return the item's slot, `UNKNOWN` without one."""
        return self._slot_of.get(number, UNKNOWN)

    def add(self, number: int) -> int:
        """Return the slot that a new item gets."""
        slot = self._slot_of[number] = len(self._slot_of) + 1
        if slot == len(self._hashes):
            self._hashes = np.concatenate((self._hashes, np.zeros_like(self._hashes)))
        self._hashes[slot] = number
        return slot

    def find(self, items: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each item."""
        if len(items) < self._few:
            return self._one_by_one(items)
        slots: NDArray[np.int64] = self._fresh_index().get_indexer(items) + 1
        young = np.flatnonzero(slots == UNKNOWN)
        if len(young):
            slots[young] = self._one_by_one(items[young])
        return slots

    def _fresh_index(self) -> pd.Index:
        count = len(self._slot_of)
        if (count - len(self._index)) * _STALE_SHARE > count:
            self._index = pd.Index(self._hashes[1 : count + 1].copy())
        return self._index

    def _one_by_one(self, items: NDArray[np.uint64]) -> NDArray[np.int64]:
        get = self._slot_of.get
        return np.array([get(number, UNKNOWN) for number in items.tolist()], np.int64)
