"""What most histories have: the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from models.items.histories import Floats, Histories
from models.items.model import Training

LONGEST = 500


@dataclass(slots=True, frozen=True)
class Popular:
    """``counts``: float32[items], all but the `LONGEST` largest are 0."""

    counts: Floats

    def scores(self, seen: Histories) -> csr_array:
        """Return the counts in every row."""
        item = np.flatnonzero(self.counts)
        starts = np.arange(len(seen) + 1) * len(item)
        values = np.tile(self.counts[item], len(seen))
        return csr_array((values, np.tile(item, len(seen)), starts), (len(seen), len(self.counts)))


def fit(training: Training) -> Popular:
    """Return the model."""
    counts = training.popularity()
    best = np.argsort(-counts, kind="stable")[:LONGEST]
    kept = np.zeros_like(counts)
    kept[best] = counts[best]
    return Popular(kept)
