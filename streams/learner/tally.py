"""Integer counts by integer key: additions commute, so order and batching do not matter."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streams.learner.kept import Kept
from streams.shared.arrays import runs

_LEAST_MERGE = 1 << 16
"""Rows worth a merge; with it, the cost of an addition stays logarithmic."""


class Tally(Kept):
    """Counts by int64 key, sorted by key: 16 bytes a key, plus what waits to be merged."""

    KEEPS = ("_keys", "_counts", "_waiting", "_rows_waiting")

    def __init__(self) -> None:
        self._keys = np.zeros(0, np.int64)
        self._counts = np.zeros(0, np.int64)
        self._waiting: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._rows_waiting = 0

    def __len__(self) -> int:
        """Rows held, those that wait to be merged included."""
        return len(self._keys) + self._rows_waiting

    def add(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Add to the counts of keys; a key may occur several times."""
        self._waiting.append(_grouped(keys, counts))
        self._rows_waiting += len(self._waiting[-1][0])
        if self._rows_waiting > max(_LEAST_MERGE, len(self._keys) // 2):
            self._merge()

    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all keys, sorted, and their counts."""
        self._merge()
        return self._keys, self._counts

    def replace(self, keys: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Forget everything and hold these rows instead."""
        self._waiting, self._rows_waiting = [], 0
        self._keys, self._counts = _grouped(keys, counts)

    def _merge(self) -> None:
        if self._waiting:
            keys, counts = zip((self._keys, self._counts), *self._waiting, strict=True)
            self._waiting, self._rows_waiting = [], 0
            # Piece by piece it is sorted: what a stable sort makes use of.
            self._keys, self._counts = _grouped(
                np.concatenate(keys), np.concatenate(counts), "stable"
            )


def _grouped(
    keys: NDArray[np.int64],
    counts: NDArray[np.int64],
    kind: Literal["quicksort", "stable"] = "quicksort",
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(keys, kind=kind)
    keys, counts = keys[order], counts[order]
    starts = runs(keys)
    total = np.add.reduceat(counts, starts) if len(starts) else counts
    return keys[starts], total
