"""What is chosen on validation: a blend, a ranker over its best, and how large the ranker is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.blend import Blend, fit_blend
from models.evaluate.items.candidates import Candidates
from models.evaluate.items.lists import ranked, worth
from models.evaluate.items.ranker import SIZES, Ranker, features, fit_ranker, light
from models.evaluate.items.task import Queries, Task
from models.items.histories import Floats, Ints

HELD_BACK = 3
"""One validation unit in so many judges what the others were fitted for."""
BLENDED, RANKED = "all", "all_ranker"


@dataclass(slots=True, frozen=True)
class Choice:
    """A blend, and a ranker over the ``kept`` best by it; None: there was too little to learn."""

    blend: Blend
    ranker: Ranker | None
    kept: int

    def lists(self, pairs: Candidates, queries: Queries, popularity: Floats) -> dict[str, Ints]:
        """Return the lists by blend and by ranker."""
        score = self.blend.score(pairs)
        found = {BLENDED: ranked(pairs, score, len(queries))}
        if self.ranker is not None:
            few, score = light(pairs, score, self.kept)
            rows = features(few, score, queries.seen, popularity)
            found[RANKED] = ranked(few, self.ranker.score(rows), len(queries))
        return found

    def sized(self, trees: int) -> Choice:
        """The same with the ranker's first ``trees`` alone."""
        if self.ranker is None:
            return self
        return replace(self, ranker=Ranker(self.ranker.model, trees))


def choose(task: Task, proposed: Candidates, seed: int) -> tuple[Choice, dict[str, float]]:
    """Return what is fitted on all of validation, and the NDCG that told its size.

    NDCG@``task.cut`` of blend and ranker, on units on which neither was fitted.
    """
    judging = np.unique(task.validation.unit, return_inverse=True)[1] % HELD_BACK == 0
    of_judge = judging[proposed.query]
    tried, judged = fit(task, proposed.take(~of_judge), seed), proposed.take(of_judge)
    by_size = {size: _reached(task, tried.sized(size), judged, judging) for size in SIZES}
    size = max(SIZES, key=lambda size: by_size[size].get(RANKED, 0.0))
    return fit(task, proposed, seed).sized(size), by_size[size]


def fit(task: Task, pairs: Candidates, seed: int) -> Choice:
    """Fit both on some of the validation's pairs."""
    queries = task.validation
    blend = fit_blend(pairs, queries, task.cut)
    few, score = light(pairs, blend.score(pairs), task.kept)
    rows = features(few, score, queries.seen, task.training.popularity())
    return Choice(blend, fit_ranker(rows, few, queries, seed), task.kept)


def _reached(
    task: Task, choice: Choice, judged: Candidates, judging: NDArray[np.bool_]
) -> dict[str, float]:
    lists = choice.lists(judged, task.validation, task.training.popularity())
    return {
        name: float(worth(each, task.validation).take(judging).of("ndcg", task.cut).mean())
        for name, each in lists.items()
    }
