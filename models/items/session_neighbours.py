"""What histories like this one went on to: vector session kNN (Ludewig and Jannach 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.items.histories import Histories
from models.items.largest import entries, largest
from models.items.model import Training

SAMPLED = 1_000
"""Newest histories that an item leads to: bounds the work for frequent items."""
NEIGHBOURS = 200
"""Most similar histories that vote."""
DECAY = 0.8


@dataclass(slots=True, frozen=True)
class SessionNeighbours:
    """``led``: float32[items, histories], the newest with each item; ``held``: what they have."""

    led: csr_array
    held: csr_array
    decay: float = DECAY
    neighbours: int = NEIGHBOURS

    def scores(self, seen: Histories) -> csr_array:
        """Return the neighbours' items weighted by how much they share with what was seen."""
        alike = seen.decayed(self.led.shape[0], self.decay) @ self.led
        return (largest(alike.tocsr(), self.neighbours) @ self.held).tocsr()

    def with_decay(self, decay: float) -> SessionNeighbours:
        """The same histories with another decay of what was seen."""
        return SessionNeighbours(self.led, self.held, decay, self.neighbours)


def fit(training: Training) -> SessionNeighbours:
    """Return the model: rare items say more, long histories less."""
    held = training.histories.matrix(training.items)
    idf = np.log1p(len(training.histories) / np.maximum(training.popularity(), 1))
    length = np.sqrt(np.maximum(training.histories.lengths, 1))
    led = csr_array(diags_array(idf) @ held.T @ diags_array(1 / length), dtype=np.float32)
    votes = csr_array(held @ diags_array(idf), dtype=np.float32)
    return SessionNeighbours(_newest(led), votes)


def _newest(led: csr_array) -> csr_array:
    """Keep each item's `SAMPLED` last histories: they stand in order of time."""
    led.sort_indices()
    behind = np.repeat(led.indptr[1:], np.diff(led.indptr)) - np.arange(led.nnz)
    return entries(led, behind <= SAMPLED)
