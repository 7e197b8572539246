"""One linear score from the models' scores, its weights chosen on validation queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.task import Queries
from models.items.histories import Floats, Ints

STEPS = (0.0, 0.3, 0.6, 0.8, 1.25, 1.7, 3.0)
FIRST = 0.1
"""Share of the strongest model's weight that the others start to be tried with."""
ROUNDS = 3


@dataclass(slots=True, frozen=True)
class Blend:
    """``weights``: float64[models] on the raw scores."""

    weights: NDArray[np.float64]

    def score(self, candidates: Candidates) -> Floats:
        """Return the weighted sum of each pair."""
        total: Floats = (candidates.score @ self.weights.astype(np.float32)).astype(np.float32)
        return total


def fit_blend(candidates: Candidates, queries: Queries, cut: int = 10) -> Blend:
    """Climb NDCG@``cut`` one weight at a time, from the best model alone."""
    score = candidates.score
    wanted = np.flatnonzero(queries.is_wanted(candidates.query, candidates.item))
    scale = np.array([_typical(column) for column in score.T])
    goal = _Goal(candidates.query, wanted, len(queries), cut)
    alone = [goal.reached(column) for column in score.T]
    weights = np.zeros(score.shape[1])
    weights[np.argmax(alone)] = 1.0
    best = max(alone)
    unit = (score / scale).astype(np.float32)
    for _ in range(ROUNDS):
        before = best
        for model in range(len(weights)):
            rest = unit @ weights.astype(np.float32) - unit[:, model] * np.float32(weights[model])
            start = weights[model] or FIRST * weights.max()
            for step in (1.0, *STEPS):
                reached = goal.reached(rest + unit[:, model] * np.float32(start * step))
                if reached > best + 1e-6:
                    best, weights[model] = reached, start * step
        if best <= before + 1e-4:
            break
    return Blend(weights / scale)


def _typical(column: Floats) -> float:
    """The size of a model's scores: so that weights of 1 mean the same for all."""
    told = column[column > 0]
    return float(np.sqrt(np.mean(np.square(told, dtype=np.float64)))) if len(told) else 1.0


@dataclass(slots=True, frozen=True)
class _Goal:
    """Mean DCG@``cut`` of the wanted pairs (rows of the table) over all queries."""

    query: Ints
    wanted: Ints
    queries: int
    cut: int

    def reached(self, score: Floats) -> float:
        """Return what an order by ``score`` reaches; ties count as lost."""
        starts = np.searchsorted(self.query, self.query[self.wanted])
        stops = np.searchsorted(self.query, self.query[self.wanted], side="right")
        index = np.arange((stops - starts).sum())
        lengths = stops - starts
        offsets = np.cumsum(lengths) - lengths
        index = index + np.repeat(starts - offsets, lengths)
        ahead = score[index] >= np.repeat(score[self.wanted], lengths)
        rank = np.add.reduceat(ahead, offsets) if len(offsets) else lengths
        gain = np.where(rank <= self.cut, 1 / np.log2(rank + 1.0), 0.0)
        return float(gain.sum() / max(self.queries, 1))
