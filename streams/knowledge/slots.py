"""Where each item stands in the catalogue's columns: one at a time, or many at once.

A hash table of NumPy columns (open addressing, linear probing): 10,000 look-ups at once take a
tenth of what they take in a dict, and an item takes 24 to 48 bytes, not 110. pandas has one too, but
importing it costs a worker 0.4 s of its start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0
"""The slot of every item that has none of its own."""
_FIRST_ROWS = 1024
_ROOM = 4
"""Places a row, so that at most a quarter are taken: who finds a place taken costs all another round."""


class Slots:
    """Slots 1, 2, 3, ... by item hash (never 0), in the order in which the items came."""

    def __init__(self) -> None:
        self._count = 0
        self._hashes = np.zeros(_FIRST_ROWS, np.uint64)
        self._places = np.zeros(_ROOM * _FIRST_ROWS, np.int32)
        self._mask = np.uint64(len(self._places) - 1)

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """The items' hashes by slot; longer than there are slots."""
        return self._hashes

    def __len__(self) -> int:
        """Items."""
        return self._count

    def get(self, number: int) -> int:
        """Return the item's slot, `UNKNOWN` without one."""
        return int(self._places[self._place(number)])

    def add(self, number: int) -> int:
        """Return the slot that a new item gets."""
        if self._count + 1 == len(self._hashes):
            self._grow()
        self._count += 1
        self._hashes[self._count] = number
        self._places[self._place(number)] = self._count
        return self._count

    def find(self, items: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the slot of each item."""
        at = items & self._mask
        slots: NDArray[np.int64] = self._places[at].astype(np.int64)
        wrong = ((slots != UNKNOWN) & (self._hashes[slots] != items)).nonzero()[0]
        while len(wrong):
            at[wrong] = (at[wrong] + np.uint64(1)) & self._mask
            found = self._places[at[wrong]]
            slots[wrong] = found
            wrong = wrong[(found != UNKNOWN) & (self._hashes[found] != items[wrong])]
        return slots

    def _place(self, number: int) -> int:
        """The item's place, or the free one where it belongs."""
        mask = int(self._mask)
        at = number & mask
        while (slot := self._places[at]) and int(self._hashes[slot]) != number:
            at = (at + 1) & mask
        return at

    def _grow(self) -> None:
        """Double the columns and give every item its place anew."""
        self._hashes = np.concatenate((self._hashes, np.zeros_like(self._hashes)))
        self._places = np.zeros(_ROOM * len(self._hashes), np.int32)
        self._mask = np.uint64(len(self._places) - 1)
        slots = np.arange(1, self._count + 1, dtype=np.int32)
        at = self._hashes[slots] & self._mask
        while len(slots):
            free = self._places[at] == UNKNOWN
            self._places[at[free]] = slots[free]  # of several, one gets it
            left = self._places[at] != slots
            slots, at = slots[left], (at[left] + np.uint64(1)) & self._mask
