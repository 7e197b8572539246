"""Ordered lists of items: what users or sessions touched, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(slots=True, frozen=True)
class Histories:
    """History i is ``[starts[i]:starts[i + 1]]`` of the columns; ``ts_ms`` 0: the log has no times."""

    starts: Ints
    item: NDArray[np.int32]
    ts_ms: Ints

    @classmethod
    def group(cls, row: Ints, item: Ints, ts_ms: Ints, rows: int) -> Histories:
        """Return events, which stand in order within each row, as ``rows`` histories."""
        order = np.argsort(row, kind="stable")
        starts = np.searchsorted(row[order], np.arange(rows + 1))
        return cls(starts.astype(np.int64), item[order].astype(np.int32), ts_ms[order])

    def __len__(self) -> int:
        """Histories."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """Items in each."""
        lengths: Ints = np.diff(self.starts)
        return lengths

    @property
    def row(self) -> Ints:
        """The history of each item."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def back(self) -> Ints:
        """How far each item stands from the newest of its history, which is 0."""
        back: Ints = np.repeat(self.starts[1:], self.lengths) - 1 - np.arange(len(self.item))
        return back

    def take(self, rows: NDArray[Any]) -> Histories:
        """The chosen histories (indices or mask), in that order."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return self.slices(self.starts[rows], self.starts[rows + 1])

    def slices(self, first: Ints, stop: Ints) -> Histories:
        """The histories made of events ``[first[i]:stop[i]]``."""
        lengths = np.maximum(stop - first, 0)
        starts = np.concatenate(([0], np.cumsum(lengths)))
        index = np.arange(starts[-1]) + np.repeat(first - starts[:-1], lengths)
        return Histories(starts, self.item[index], self.ts_ms[index])

    def newest(self, most: int) -> Histories:
        """Each history's ``most`` newest items."""
        return self.slices(np.maximum(self.starts[:-1], self.starts[1:] - most), self.starts[1:])

    def without_newest(self, items: int) -> Histories:
        """Each history without its ``items`` newest."""
        return self.slices(self.starts[:-1], self.starts[1:] - items)

    def matrix(self, items: int, weight: Floats | None = None) -> csr_array:
        """Return float32[histories, items]: the weights of an item's events, the largest one."""
        value = np.ones(len(self.item), np.float32) if weight is None else weight
        key = self.row * items + self.item
        order = np.lexsort((-value, key))
        key, value = key[order], value[order]
        first = np.concatenate(([True], key[1:] != key[:-1])) if len(key) else key == 0
        row, item = np.divmod(key[first], items)
        return csr_array((value[first], (row, item)), (len(self), items), dtype=np.float32)

    def decayed(self, items: int, decay: float, most: int = 50) -> csr_array:
        """Return float32[histories, items]: ``decay ** back`` of the ``most`` newest."""
        recent = self.newest(most)
        return recent.matrix(items, np.power(decay, recent.back).astype(np.float32))
