"""Run a task: every model alone, the blend of all, and the ranker on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.evaluate.items.blend import Blend, fit_blend
from models.evaluate.items.candidates import Candidates, propose, tie_order
from models.evaluate.items.contestants import fit_baselines, fit_models
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
    reached: dict[str, float] = field(default_factory=dict)

    def worth(self, name: str) -> Worth:
        """What a contestant's lists are worth."""
        return worth(self.lists[name], self.task.test)


def run(task: Task, seed: int, say: Say, baselines: bool = False) -> Outcome:
    """Let every item model answer, choose on validation, judge on the test.

    ``baselines``: measure alone, beside them, what takes long to fit.
    """
    say(f"{task.name}: fitting on {len(task.training.histories):,} histories")
    models = fit_models(task, task.training)
    order = tie_order(task.training.popularity(), seed)
    say(f"{task.name}: {len(task.validation):,} validation queries")
    proposed = propose(list(models.values()), task.validation, order, task.repeats)
    if task.final is not task.training:
        say(f"{task.name}: fitting on {len(task.final.histories):,} histories")
        models = fit_models(task, task.final)
        order = tie_order(task.final.popularity(), seed)
    say(f"{task.name}: {len(task.test):,} test queries")
    tested = propose(list(models.values()), task.test, order, task.repeats)
    outcome = judge(task, tuple(models), proposed, tested, seed)
    for name, model in (fit_baselines(task.final, seed) if baselines else {}).items():
        alone = propose([model], task.test, order, task.repeats)
        outcome.lists[name] = of_model(alone, 0, len(task.test))
    return outcome


def judge(
    task: Task, names: tuple[str, ...], proposed: Candidates, tested: Candidates, seed: int
) -> Outcome:
    """Choose blend and ranker on what was ``proposed`` for validation; rank what was ``tested``.

    ``names``: of the columns of both.
    """
    choice = _choose(task, proposed, seed)
    blend, ranker = choice.blend, choice.ranker
    n = len(task.test)
    lists = {name: of_model(tested, column, n) for column, name in enumerate(names)}
    score = blend.score(tested)
    lists["all"] = ranked(tested, score, n)
    if ranker is not None:
        few, score = light(tested, score, task.kept)
        rows = features(few, score, task.test.seen, task.final.popularity())
        lists["all_ranker"] = ranked(few, ranker.score(rows), n)
    wanted = task.test.is_wanted(tested.query, tested.item).sum() / len(task.test.wanted_row)
    weights = dict(zip(names, blend.weights.tolist(), strict=True))
    return Outcome(task, lists, choice.product, weights, float(wanted), choice.reached)


@dataclass(slots=True, frozen=True)
class _Choice:
    """What validation chose, and the NDCG@10 ``reached`` on units the ranker did not see."""

    blend: Blend
    ranker: Ranker | None
    reached: dict[str, float]

    @property
    def product(self) -> str:
        return max(self.reached, key=lambda name: self.reached[name])


def _choose(task: Task, proposed: Candidates, seed: int) -> _Choice:
    queries = task.validation
    blend = fit_blend(proposed, queries)
    few, score = light(proposed, blend.score(proposed), task.kept)
    rows = features(few, score, queries.seen, task.training.popularity())
    judging = np.unique(queries.unit, return_inverse=True)[1] % HELD_BACK == 0
    of_judge = judging[few.query]
    seen = few.take(of_judge)
    reached = {"all": _ndcg(seen, score[of_judge], queries, judging)}
    tried = fit_ranker(rows[~of_judge], few.take(~of_judge), queries, seed)
    if tried is None:
        return _Choice(blend, None, reached)
    reached["all_ranker"] = _ndcg(seen, tried.score(rows[of_judge]), queries, judging)
    return _Choice(blend, fit_ranker(rows, few, queries, seed), reached)


def _ndcg(pairs: Candidates, score: Floats, queries: Queries, rows: NDArray[np.bool_]) -> float:
    lists = ranked(pairs, score, len(queries))
    return float(worth(lists, queries).take(rows).of("ndcg", 10).mean())
