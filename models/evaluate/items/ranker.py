"""The order of the few best: LambdaRank (Burges 2010) over what the models say of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.task import Queries
from models.features import standing
from models.items import Histories
from models.items.histories import Floats, Ints

NEVER = 1_000
"""Steps back of what was not seen."""
SIZES = (25, 50, 100, 200, 400)
"""Numbers of trees that are tried on validation: few queries are soon learnt by heart."""
TREES = {
    "n_estimators": SIZES[-1], "learning_rate": 0.05, "num_leaves": 4, "min_child_samples": 50,
    "colsample_bytree": 0.6, "subsample": 0.8, "subsample_freq": 1,
    "lambdarank_truncation_level": 20, "verbose": -1, "n_jobs": 1, "deterministic": True,
}  # fmt: skip


def light(candidates: Candidates, score: Floats, kept: int) -> tuple[Candidates, Floats]:
    """Return each query's ``kept`` best pairs and their scores."""
    order = np.lexsort((candidates.item, -score, candidates.query))
    query = candidates.query[order]
    place = np.arange(len(query)) - np.searchsorted(query, query)
    rows = np.sort(order[place < kept])
    return candidates.take(rows), score[rows]


def features(candidates: Candidates, score: Floats, seen: Histories, popularity: Floats) -> Floats:
    """Return float32[pairs, 2 * models + 8].

    How the pair stands (`models.features.standing`, as in the worker), and before its last column
    how popular the item is and how much the query has ``seen``; how often the query has the item,
    how many steps back; then what ``candidates.more`` says.
    """
    query, item = candidates.query, candidates.item
    stands = standing.compute(query, item, candidates.score, score)
    told = np.column_stack(
        (
            stands[:, :-1],
            np.log1p(popularity[item]),
            seen.lengths[query],
            stands[:, -1],
            *_own(candidates, seen, len(popularity)),
        )
    )
    more = [] if candidates.more is None else [candidates.more]
    return np.concatenate([told.astype(np.float32), *more], axis=1)


def _own(candidates: Candidates, seen: Histories, items: int) -> tuple[Ints, Ints]:
    """How often the query has seen each pair's item, and how many steps back (`NEVER`: not)."""
    order = np.lexsort((seen.back, seen.row * items + seen.item))
    key = (seen.row * items + seen.item)[order]
    wanted = candidates.query * items + candidates.item
    first = np.searchsorted(key, wanted)
    count = np.searchsorted(key, wanted, side="right") - first
    back = np.append(seen.back[order], NEVER)[np.minimum(first, len(key))]
    return count, np.where(count > 0, back, NEVER)


@dataclass(slots=True)
class Ranker:
    """A fitted model of which the first ``trees`` are used; `score` orders the pairs of a query."""

    model: Any
    trees: int = SIZES[-1]

    def score(self, rows: Floats, start: Floats | None = None) -> Floats:
        """Return float32[pairs], which add to ``start``."""
        if not len(rows):
            return np.zeros(0, np.float32)
        found: NDArray[Any] = self.model.booster_.predict(rows, num_iteration=self.trees)
        return (found if start is None else found + start).astype(np.float32)


def fit_ranker(
    rows: Floats, candidates: Candidates, queries: Queries, seed: int, start: Floats | None = None
) -> Ranker | None:
    """Learn from the queries whose wanted item got this far; None: there are too few.

    ``start``: scores of the pairs that the trees go on from.

    Needs the ``train`` extra (LightGBM).
    """
    from lightgbm import LGBMRanker

    label = queries.is_wanted(candidates.query, candidates.item)
    hit = np.bincount(candidates.query, label, len(queries)) > 0
    if hit.sum() < 50:
        return None
    kept = hit[candidates.query]
    groups = np.bincount(candidates.query[kept], minlength=len(queries))
    model = LGBMRanker(random_state=seed, **TREES)
    first = None if start is None else start[kept].astype(np.float64)
    model.fit(rows[kept], label[kept].astype(int), group=groups[groups > 0], init_score=first)
    return Ranker(model)
