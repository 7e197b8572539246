"""Run a task: every model alone, the blend of all, and the ranker on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from models.evaluate.items.candidates import Candidates, propose, tie_order
from models.evaluate.items.choice import Choice, choose
from models.evaluate.items.contestants import fit_baselines, fit_content, fit_models
from models.evaluate.items.lists import Worth, of_model, worth
from models.evaluate.items.task import Queries, Task
from models.items import ItemModel
from models.items.histories import Floats, Ints

TESTED_AT_ONCE = 20_000
"""Test queries whose candidates are in memory at once: some 5 million pairs."""
Say = Callable[[str], None]
Models = dict[str, ItemModel]


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
    choice: Choice
    reached: dict[str, float] = field(default_factory=dict)
    frozen: dict[str, Ints] = field(default_factory=dict)

    def worth(self, name: str) -> Worth:
        """What a contestant's lists are worth."""
        return worth(self.lists[name], self.task.test)


def run(task: Task, seed: int, say: Say, baselines: bool = False) -> Outcome:
    """Let every item model answer, choose on validation, judge on the test.

    ``baselines``: measure what takes long to fit as well; one that beats every other model alone
    on validation joins them.
    """
    say(f"{task.name}: fitting on {len(task.training.histories):,} histories")
    models = fit_models(task, task.training)
    rivals = fit_baselines(task.training, seed) if baselines else {}
    order = tie_order(task.training.popularity(), seed)
    say(f"{task.name}: {len(task.validation):,} validation queries")
    joined = _better(task, models, rivals, order)
    models |= {name: rivals[name] for name in joined}
    proposed = propose(list(models.values()), task.validation, order, task.repeats)
    if task.final is not task.training:
        say(f"{task.name}: fitting on {len(task.final.histories):,} histories")
        rivals = fit_baselines(task.final, seed) if baselines else {}
        models = fit_models(task, task.final) | {name: rivals[name] for name in joined}
        order = tie_order(task.final.popularity(), seed)
    say(f"{task.name}: {len(task.test):,} test queries")
    tested = (
        (part, propose(list(models.values()), part, order, task.repeats))
        for part in task.test.parts(TESTED_AT_ONCE)
    )
    outcome = judge(task, tuple(models), proposed, tested, seed)
    _measure(outcome, rivals, seed)
    return outcome


def add_baselines(outcome: Outcome, seed: int) -> None:
    """Measure the baselines alone, beside the sources."""
    final = outcome.task.final
    _measure(outcome, fit_baselines(final, seed) | fit_content(final), seed)


def _measure(outcome: Outcome, models: Models, seed: int) -> None:
    task = outcome.task
    order = tie_order(task.final.popularity(), seed)
    for name in models.keys() - outcome.lists.keys():
        alone = propose([models[name]], task.test, order, task.repeats)
        outcome.lists[name] = of_model(alone, 0, len(task.test))


def _better(task: Task, models: Models, rivals: Models, order: Floats) -> list[str]:
    """Return the rivals with a higher NDCG alone on validation than every one of the models."""
    reached = {}
    for name, model in {**rivals, **models}.items() if rivals else ():
        alone = propose([model], task.validation, order, task.repeats)
        lists = of_model(alone, 0, len(task.validation))
        reached[name] = worth(lists, task.validation).of("ndcg", task.cut).mean()
    best = max((reached[name] for name in models if name in reached), default=0.0)
    return [name for name in rivals if name not in models and reached[name] > best]


def judge(
    task: Task,
    names: tuple[str, ...],
    proposed: Candidates,
    tested: Iterable[tuple[Queries, Candidates]],
    seed: int,
    before: Choice | None = None,
) -> Outcome:
    """Choose blend and ranker on what was ``proposed`` for validation; rank what was ``tested``.

    ``names``: of the columns of both; ``tested``: the test's queries part by part, in order;
    ``before``: of a question with more to learn from. Which of the two is the product's is told by
    validation units on which neither was fitted.
    """
    chosen, reached, product = choose(task, proposed, seed, before)
    found, wanted = [], 0
    for queries, pairs in tested:
        alone = {name: of_model(pairs, i, len(queries)) for i, name in enumerate(names)}
        found.append(alone | chosen.lists(pairs, queries, task.final.popularity()))
        wanted += int(queries.is_wanted(pairs.query, pairs.item).sum())
    lists = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    recall = wanted / len(task.test.wanted_row)
    weights = dict(zip(names, chosen.blend.weights.tolist(), strict=True))
    return Outcome(task, lists, product, weights, recall, chosen, reached)
