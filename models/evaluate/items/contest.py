"""Run a task: every model alone, the blend of all, and the ranker on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from models.evaluate.items.blend import Blend, fit_blend
from models.evaluate.items.candidates import Candidates, propose, tie_order
from models.evaluate.items.contestants import fit_baselines, fit_models
from models.evaluate.items.lists import Worth, of_model, ranked, worth
from models.evaluate.items.ranker import Ranker, features, fit_ranker, light
from models.evaluate.items.task import Queries, Task
from models.items.histories import Floats, Ints

TESTED_AT_ONCE = 20_000
"""Test queries whose candidates are in memory at once: some 5 million pairs."""
HELD_BACK = 3
"""One validation unit in so many judges whether the ranker is better than the blend."""
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """``lists``: by contestant, int64[queries, 20]; ``product``: which of them is Kairos's own.

    ``frozen``: the same when the crowd's counts end where the test begins, if that was asked.
    """

    task: Task
    lists: dict[str, Ints]
    product: str
    weights: dict[str, float]
    ceiling: float
    reached: dict[str, float] = field(default_factory=dict)
    frozen: dict[str, Ints] = field(default_factory=dict)

    def worth(self, name: str) -> Worth:
        """What a contestant's lists are worth."""
        return worth(self.lists[name], self.task.test)


def run(task: Task, seed: int, say: Say) -> Outcome:
    """Let every item model answer, choose on validation, judge on the test."""
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
    tested = (
        (part, propose(list(models.values()), part, order, task.repeats))
        for part in task.test.parts(TESTED_AT_ONCE)
    )
    return judge(task, tuple(models), proposed, tested, seed)


def add_baselines(outcome: Outcome, seed: int) -> None:
    """Measure alone, beside the others, what takes long to fit."""
    task = outcome.task
    order = tie_order(task.final.popularity(), seed)
    for name, model in fit_baselines(task.final, seed).items():
        if name not in outcome.lists:
            alone = propose([model], task.test, order, task.repeats)
            outcome.lists[name] = of_model(alone, 0, len(task.test))


def judge(
    task: Task,
    names: tuple[str, ...],
    proposed: Candidates,
    tested: Iterable[tuple[Queries, Candidates]],
    seed: int,
) -> Outcome:
    """Choose blend and ranker on what was ``proposed`` for validation; rank what was ``tested``.

    ``names``: of the columns of both; ``tested``: the test's queries part by part, in order. Which of the two is the product's is told by validation units
    on which neither was fitted.
    """
    judging = np.unique(task.validation.unit, return_inverse=True)[1] % HELD_BACK == 0
    of_judge = judging[proposed.query]
    tried = _fit(task, proposed.take(~of_judge), seed)
    trial = tried.lists(proposed.take(of_judge), task.validation, task.training.popularity())
    reached = {
        name: float(worth(lists, task.validation).take(judging).of("ndcg", task.cut).mean())
        for name, lists in trial.items()
    }
    chosen = _fit(task, proposed, seed)
    found, wanted = [], 0
    for queries, pairs in tested:
        alone = {name: of_model(pairs, i, len(queries)) for i, name in enumerate(names)}
        found.append(alone | chosen.lists(pairs, queries, task.final.popularity()))
        wanted += int(queries.is_wanted(pairs.query, pairs.item).sum())
    lists = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    product = max(lists.keys() & reached.keys(), key=lambda name: (reached[name], name))
    recall = wanted / len(task.test.wanted_row)
    weights = dict(zip(names, chosen.blend.weights.tolist(), strict=True))
    return Outcome(task, lists, product, weights, recall, reached)


@dataclass(slots=True, frozen=True)
class _Fitted:
    """A blend, and a ranker over the ``kept`` best by it."""

    blend: Blend
    ranker: Ranker | None
    kept: int

    def lists(self, pairs: Candidates, queries: Queries, popularity: Floats) -> dict[str, Ints]:
        """Return the lists by blend (``all``) and by ranker (``all_ranker``)."""
        score = self.blend.score(pairs)
        found = {"all": ranked(pairs, score, len(queries))}
        if self.ranker is not None:
            few, score = light(pairs, score, self.kept)
            rows = features(few, score, queries.seen, popularity)
            found["all_ranker"] = ranked(few, self.ranker.score(rows), len(queries))
        return found


def _fit(task: Task, pairs: Candidates, seed: int) -> _Fitted:
    """Fit both on some of the validation's pairs."""
    queries = task.validation
    blend = fit_blend(pairs, queries, task.cut)
    few, score = light(pairs, blend.score(pairs), task.kept)
    rows = features(few, score, queries.seen, task.training.popularity())
    return _Fitted(blend, fit_ranker(rows, few, queries, seed), task.kept)
