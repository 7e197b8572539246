"""What was seen already, the newest and most frequent first: for logs in which people return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.items.histories import Histories
from models.items.model import Training


@dataclass(slots=True, frozen=True)
class Own:
    """An event k steps back counts ``decay ** k``; an item's events add up."""

    items: int
    decay: float = 0.8

    def scores(self, seen: Histories) -> csr_array:
        """Return the decayed counts."""
        weight = np.power(self.decay, seen.back).astype(np.float32)
        shape = (len(seen), self.items)
        return coo_array((weight, (seen.row, seen.item)), shape).tocsr()

    def with_decay(self, decay: float) -> Own:
        """Another decay."""
        return Own(self.items, decay)


def fit(training: Training) -> Own:
    """Return the model: there is nothing to learn."""
    return Own(training.items)
