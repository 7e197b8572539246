"""What an item model is fitted on, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

from models.items.histories import Floats, Histories


@dataclass(slots=True, frozen=True)
class Training:
    """``histories`` of the training part over items ``[0, items)``.

    ``attributes``: float32[items, words], how often a word describes an item; None: not known.
    """

    histories: Histories
    items: int
    attributes: csr_array | None = None

    def popularity(self) -> Floats:
        """How many histories have each item: float32[items]."""
        counts = np.asarray(self.histories.matrix(self.items).sum(axis=0), np.float32)
        return counts.ravel()


class ItemModel(Protocol):
    """Scores items after what was seen."""

    def scores(self, seen: Histories) -> csr_array:
        """Return float32[histories, items]; what is not stored scores 0, all others more."""
