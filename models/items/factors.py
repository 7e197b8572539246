"""Matrix factorisation: implicit ALS (Hu, Koren, Volinsky 2008), by the `implicit` library.

A baseline: on the sparse logs measured it stays behind the item-to-item models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from models.items.histories import Histories
from models.items.model import Training

FACTORS, ROUNDS, L2, CONFIDENCE = 64, 15, 0.05, 10.0
LONGEST = 200


@dataclass(slots=True, frozen=True)
class Factors:
    """A fitted model; users are folded in, so that it answers for histories it never saw."""

    model: Any
    items: int

    def scores(self, seen: Histories) -> csr_array:
        """Return the `LONGEST` largest inner products of each history's factors and the items'."""
        known = csr_matrix(seen.matrix(self.items)) * CONFIDENCE
        item, score = self.model.recommend(
            np.arange(len(seen)), known, N=min(LONGEST, self.items), recalculate_user=True,
            filter_already_liked_items=False,
        )  # fmt: skip
        row = np.repeat(np.arange(len(seen)), item.shape[1])
        told = (score.ravel() > 0) & (item.ravel() >= 0)
        columns = (row[told], item.ravel()[told])
        shape = (len(seen), self.items)
        return csr_array((score.ravel()[told], columns), shape, dtype=np.float32)


def fit(training: Training, seed: int = 0) -> Factors:
    """Return the model. Needs the ``train`` extra (implicit)."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=FACTORS, iterations=ROUNDS, regularization=L2, random_state=seed, num_threads=1,
        use_gpu=False,
    )  # fmt: skip
    known = csr_matrix(training.histories.matrix(training.items)) * CONFIDENCE
    model.fit(known, show_progress=False)
    return Factors(model, training.items)
