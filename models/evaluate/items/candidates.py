"""What the models propose for queries, as one table: a row a (query, item), a column a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.evaluate.items.task import Queries
from models.items import Histories, ItemModel
from models.items.histories import Floats, Ints
from models.items.largest import largest

PER_MODEL = 60
"""Best items that a model proposes."""


@dataclass(slots=True)
class Candidates:
    """Sorted by query; ``score``: float32[rows, models], 0 where a model does not propose it.

    ``more``: float32[rows, any], what else the ranker may read of a pair.
    """

    query: Ints
    item: Ints
    score: Floats
    more: Floats | None = None

    def __len__(self) -> int:
        """Pairs."""
        return len(self.query)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Candidates:
        """The chosen pairs."""
        more = None if self.more is None else self.more[rows]
        return Candidates(self.query[rows], self.item[rows], self.score[rows], more)

    def with_more(self, more: Floats) -> Candidates:
        """The same with further columns of ``more``."""
        every = more if self.more is None else np.column_stack((self.more, more))
        return replace(self, more=every)


def propose(
    models: Sequence[ItemModel], queries: Queries, order: Floats, repeats: bool, batch: int = 512
) -> Candidates:
    """Return the union of each model's `PER_MODEL` best; ``order`` breaks ties, the larger first.

    ``repeats``: whether what was seen may be proposed.
    """
    parts = []
    for first in range(0, len(queries), batch):
        seen = queries.seen.take(np.arange(first, min(first + batch, len(queries))))
        part = _union([_best(model, seen, order, repeats) for model in models])
        part.query += first
        parts.append(part)
    columns = zip(*((part.query, part.item, part.score) for part in parts), strict=True)
    return Candidates(*(np.concatenate(column) for column in columns))


def tie_order(popularity: Floats, seed: int = 0) -> Floats:
    """Return a number in (0, 1) per item: popular first, else by lot, so that ids tell nothing."""
    lot = np.random.default_rng(seed).permutation(len(popularity))
    place = np.empty(len(popularity), np.float64)
    place[np.lexsort((lot, popularity))] = np.arange(1, len(popularity) + 1)
    return (place / (len(popularity) + 1)).astype(np.float32)


def _best(model: ItemModel, seen: Histories, order: Floats, repeats: bool) -> csr_array:
    scores = model.scores(seen).tocsr()
    if not repeats:
        known = seen.matrix(scores.shape[1])
        known.data[:] = 1
        scores = (scores - scores * known).tocsr()
        scores.eliminate_zeros()
    # Only as much as breaks ties: float32 has 7 digits.
    scores.data = scores.data * (1 + 1e-5 * order[scores.indices])
    return largest(scores, PER_MODEL)


def _union(best: list[csr_array]) -> Candidates:
    items = best[0].shape[1]
    keys = [
        np.repeat(np.arange(s.shape[0]), np.diff(s.indptr)) * np.int64(items) + s.indices
        for s in best
    ]
    every = np.unique(np.concatenate(keys))
    score = np.zeros((len(every), len(best)), np.float32)
    for column, (key, scores) in enumerate(zip(keys, best, strict=True)):
        score[np.searchsorted(every, key), column] = scores.data
    return Candidates(every // items, every % items, score)
