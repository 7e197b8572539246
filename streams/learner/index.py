"""64-bit hashes numbered from 0, so that counters can be arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.learner.kept import Kept


class HashIndex(Kept):
    """A slot for each hash: 16 bytes a hash, looked up by binary search over all at once."""

    KEEPS = ("_hashes", "_slots")

    def __init__(self) -> None:
        self._hashes = np.zeros(0, np.uint64)
        self._slots = np.zeros(0, np.int64)

    def __len__(self) -> int:
        """Hashes."""
        return len(self._hashes)

    def slots(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return each hash's slot; a new hash gets the next free one, smaller hashes first."""
        wanted, inverse = np.unique(hashes, return_inverse=True)
        at = np.searchsorted(self._hashes, wanted)
        known = np.zeros(len(wanted), bool)
        inside = at < len(self)
        known[inside] = self._hashes[at[inside]] == wanted[inside]
        if not known.all():
            fresh, place = wanted[~known], at[~known]
            numbers = np.arange(len(self), len(self) + len(fresh))
            self._hashes = np.insert(self._hashes, place, fresh)
            self._slots = np.insert(self._slots, place, numbers)
        found: NDArray[np.int64] = self._slots[np.searchsorted(self._hashes, wanted)][inverse]
        return found

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return each hash's slot, -1 for one that has none."""
        at = np.searchsorted(self._hashes, hashes)
        found = np.full(len(hashes), -1)
        inside = np.flatnonzero(at < len(self))
        known = inside[self._hashes[at[inside]] == hashes[inside]]
        found[known] = self._slots[at[known]]
        return found

    def hashes(self) -> NDArray[np.uint64]:
        """Return the hash of each slot."""
        by_slot = np.zeros(len(self), np.uint64)
        by_slot[self._slots] = self._hashes
        return by_slot

    def keep(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Forget the slots not ``kept`` (mask by slot); return each old slot's new one, or -1."""
        renumbered = np.where(kept, np.cumsum(kept) - 1, -1)
        stays = kept[self._slots]
        self._hashes = self._hashes[stays]
        self._slots = renumbered[self._slots[stays]]
        return renumbered
