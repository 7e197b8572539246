"""Item-to-item models as a sparse table: the score is a sum over what was seen, newest heaviest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.items.histories import Histories

LONGEST = 200
"""Similar items kept of each."""


@dataclass(slots=True, frozen=True)
class ItemTable:
    """``similar``: float32[items, items], row = what was seen; a seed k steps back counts decay^k."""

    similar: csr_array
    decay: float = 0.8
    seeds: int = 30

    def scores(self, seen: Histories) -> csr_array:
        """Return the decayed sum over the seeds' rows."""
        weights = seen.decayed(self.similar.shape[0], self.decay, self.seeds)
        return (weights @ self.similar).tocsr()

    def with_decay(self, decay: float) -> ItemTable:
        """The same table read with another decay."""
        return replace(self, decay=decay)


def table(similar: csr_array, longest: int = LONGEST, decay: float = 0.8) -> ItemTable:
    """Return the table of the ``longest`` largest positive entries of each row, itself left out."""
    similar = similar.tocoo()
    kept = (similar.row != similar.col) & (similar.data > 0)
    row, col, value = similar.row[kept], similar.col[kept], similar.data[kept]
    order = np.lexsort((col, -value, row))
    row, col, value = row[order], col[order], value[order]
    starts = np.searchsorted(row, row)
    best = np.arange(len(row)) - starts < longest
    shape = similar.shape
    found = csr_array((value[best].astype(np.float32), (row[best], col[best])), shape)
    return ItemTable(found, decay)


def scaled(counts: csr_array, occurred: NDArray[np.float32], shrink: float = 0.0) -> csr_array:
    """Return counts_ab / (sqrt(occurred_a * occurred_b) + shrink): the cosine of binary columns."""
    counts = counts.tocoo()
    mean = np.sqrt(occurred[counts.row]) * np.sqrt(occurred[counts.col])
    return csr_array(
        (counts.data / (mean + shrink + 1e-9), (counts.row, counts.col)),
        counts.shape,
        dtype=np.float32,
    )
