"""Run a task: every model alone, the blend of all, and the ranker on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models.evaluate.items.blend import Blend, fit_blend
from models.evaluate.items.candidates import Candidates, propose, tie_order
from models.evaluate.items.contestants import fit_models
from models.evaluate.items.lists import Worth, of_model, ranked, worth
from models.evaluate.items.ranker import Ranker, features, fit_ranker, light
from models.evaluate.items.task import Queries, Task
from models.items.histories import Floats, Ints

HELD_BACK = 3
"""One validation unit in so many judges whether the ranker is better than the blend."""
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """``lists``: by contestant, int64[queries, 20]; ``product``: which of them is Kairos's own."""

    task: Task
    lists: dict[str, Ints]
    product: str
    weights: dict[str, float]
    ceiling: float
    chosen: dict[str, float] = field(default_factory=dict)

    def worth(self, name: str) -> Worth:
        """What a contestant's lists are worth."""
        return worth(self.lists[name], self.task.test)


def run(task: Task, seed: int, say: Say) -> Outcome:
    """Choose weights and ranker on validation, answer the test."""
    say(f"{task.name}: fitting on {len(task.training.histories):,} histories")
    models = fit_models(task, task.training)
    popularity = task.training.popularity()
    order = tie_order(popularity, seed)
    say(f"{task.name}: {len(task.validation):,} validation queries")
    proposed = propose(list(models.values()), task.validation, order, task.repeats)
    blend = fit_blend(proposed, task.validation)
    ranker, chosen = _choose(proposed, blend, task.validation, popularity, seed)
    del proposed
    if task.final is not task.training:
        say(f"{task.name}: fitting on {len(task.final.histories):,} histories")
        models = fit_models(task, task.final)
        popularity = task.final.popularity()
        order = tie_order(popularity, seed)
    say(f"{task.name}: {len(task.test):,} test queries")
    tested = propose(list(models.values()), task.test, order, task.repeats)
    n = len(task.test)
    lists = {name: of_model(tested, column, n) for column, name in enumerate(models)}
    lists["all"] = ranked(tested, blend.score(tested), n)
    if ranker is not None:
        lists["all_ranker"] = _reranked(ranker, tested, blend, task.test, popularity)
    product = "all_ranker" if ranker and chosen["all_ranker"] > chosen["all"] else "all"
    wanted = task.test.is_wanted(tested.query, tested.item).sum() / len(task.test.wanted_row)
    weights = dict(zip(models, blend.weights.tolist(), strict=True))
    return Outcome(task, lists, product, weights, float(wanted), chosen)


def _choose(
    proposed: Candidates, blend: Blend, queries: Queries, popularity: Floats, seed: int
) -> tuple[Ranker | None, dict[str, float]]:
    """Fit the ranker, and say what blend and ranker reach on units the ranker did not see."""
    few, score = light(proposed, blend.score(proposed))
    rows = features(few, score, queries.seen, popularity)
    judge = np.unique(queries.unit, return_inverse=True)[1] % HELD_BACK == 0
    of_judge = judge[few.query]
    chosen = {"all": _ndcg(few.take(of_judge), score[of_judge], queries, judge)}
    tried = fit_ranker(rows[~of_judge], few.take(~of_judge), queries, seed)
    if tried is None:
        return None, chosen
    judged = tried.score(rows[of_judge])
    chosen["all_ranker"] = _ndcg(few.take(of_judge), judged, queries, judge)
    return fit_ranker(rows, few, queries, seed), chosen


def _ndcg(candidates: Candidates, score: Floats, queries: Queries, rows: np.ndarray) -> float:
    lists = ranked(candidates, score, len(queries))
    return float(worth(lists, queries).take(rows).of("ndcg", 10).mean())


def _reranked(
    ranker: Ranker, proposed: Candidates, blend: Blend, queries: Queries, popularity: Floats
) -> Ints:
    few, score = light(proposed, blend.score(proposed))
    rows = features(few, score, queries.seen, popularity)
    return ranked(few, ranker.score(rows), len(queries))
