"""The ranker: LambdaRank (Burges 2010) over how a user's candidates stand beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle.odds import sigmoid
from models.bundle.parity import check_parity, golden_rows
from models.dataset import Dataset
from models.train.fit import Fitted, Rows
from models.train.forest import export_forest

FEWEST = 50
"""Decisions with a hit; fewer teach no order."""
MOST_DECISIONS = 40_000
"""Decisions learnt from, the latest."""
TREES: dict[str, Any] = {
    "n_estimators": 30, "learning_rate": 0.15, "num_leaves": 5, "min_child_samples": 50,
    "colsample_bytree": 0.6, "subsample": 0.8, "subsample_freq": 1,
    "lambdarank_truncation_level": 20, "verbose": -1, "n_jobs": 1, "deterministic": True,
}  # fmt: skip
"""Each tree costs every candidate in the worker, 26 ns; more or larger ones ordered the later block
of the Taobao log no better."""


def fit_rank(name: str, rows: Rows, train: Dataset, seed: int) -> Fitted | None:
    """Return ``sigmoid(score)`` as a graph; None: too few decisions have a hit.

    ``rows``: of all pairs of ``train``. Decisions whose user engaged with nothing that was offered
    have no order to learn.

    Needs the ``train`` extra (LightGBM).

    Raises:
        ParityError: the graph differs from the trained model.
    """
    from lightgbm import LGBMRanker

    kept = _with_a_hit(train)
    groups = np.bincount(train.due[kept], minlength=len(train))
    if (groups > 0).sum() < FEWEST:
        return None
    rows, label = rows[kept], train.engaged[kept].astype(int)
    model = LGBMRanker(random_state=seed, **TREES)
    model.fit(rows, label, group=groups[groups > 0])
    made = export_forest(model.booster_, rows.shape[1])

    def predict(golden: Rows) -> NDArray[np.float64]:
        found: NDArray[np.float64] = sigmoid(model.booster_.predict(golden))
        return found

    return Fitted(made, "lambda_trees", check_parity(name, made, predict, golden_rows(rows, seed)))


def _with_a_hit(train: Dataset) -> NDArray[np.bool_]:
    """The pairs of the latest decisions of which one pair was engaged with."""
    hit = np.bincount(train.due, train.engaged, len(train)) > 0
    hit[: np.searchsorted(np.cumsum(hit), hit.sum() - MOST_DECISIONS, side="right")] = False
    chosen: NDArray[np.bool_] = hit[train.due]
    return chosen
