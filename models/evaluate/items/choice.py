"""What is chosen on validation: a blend, a ranker over its best, and how the ranker is made."""

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

FOLDS = 3
"""Parts of the validation units: each is judged by what was fitted on the others."""
BLENDED, RANKED = "all", "all_ranker"


@dataclass(slots=True, frozen=True)
class Choice:
    """A blend, and a ranker over the ``kept`` best by it; None: there was too little to learn.

    ``before``: what was chosen for a question with more to learn from; the ranker goes on from
    its scores. ``apart``: the same, each fitted without the units of one fold: what goes on from
    this is judged on a fold by going on from the one that never saw it.
    """

    blend: Blend
    ranker: Ranker | None
    kept: int
    before: Choice | None = None
    apart: tuple[Choice, ...] = ()

    def lists(self, pairs: Candidates, queries: Queries, popularity: Floats) -> dict[str, Ints]:
        """Return the lists by blend and by ranker."""
        score = self.blend.score(pairs)
        found = {BLENDED: ranked(pairs, score, len(queries))}
        if self.ranker is not None:
            few, _ = light(pairs, score, self.kept)
            found[RANKED] = ranked(few, self.ranks(few, queries, popularity), len(queries))
        return found

    def ranks(self, few: Candidates, queries: Queries, popularity: Floats) -> Floats:
        """Return the ranker's scores of pairs, whoever chose them; 0 without a ranker."""
        if self.ranker is None:
            return np.zeros(len(few), np.float32)
        rows = features(few, self.blend.score(few), queries.seen, popularity)
        return self.ranker.score(rows, start(self.before, few, queries, popularity))

    def sized(self, trees: int) -> Choice:
        """The same with the ranker's first ``trees`` alone."""
        if self.ranker is None:
            return self
        apart = tuple(each.sized(trees) for each in self.apart)
        return replace(self, ranker=Ranker(self.ranker.model, trees), apart=apart)

    def without(self, fold: int) -> Choice:
        """What was fitted without a fold, itself where nothing was kept."""
        return self.apart[fold] if self.apart else self


def start(
    before: Choice | None, few: Candidates, queries: Queries, popularity: Floats
) -> Floats | None:
    """Return the scores that a ranker goes on from, None: from nothing."""
    return None if before is None else before.ranks(few, queries, popularity)


def choose(
    task: Task, proposed: Candidates, seed: int, before: Choice | None = None
) -> tuple[Choice, dict[str, float], str]:
    """Return what is fitted on all of validation, the NDCG@``task.cut`` that told how, the product.

    Each unit of validation is judged by blend and rankers that were not fitted on it: how many
    trees, and whether they go on from ``before``. The ranker is the product where it is better
    than the blend by more than the standard error of the difference (Breiman et al. 1984).
    """
    ways = (None,) if before is None else (None, before)
    tried = [_tried(task, proposed, seed, way) for way in ways]
    judged = [_judged(task, proposed, each) for each in tried]
    blended = judged[0][0]
    rankers = {(i, size): judged[i][size] for i in range(len(ways)) for size in judged[i] if size}
    reached = {BLENDED: float(blended.mean())}
    if not rankers:
        return fit(task, proposed, seed), reached, BLENDED
    way, size = max(rankers, key=lambda key: rankers[key].mean())
    best = rankers[way, size]
    reached[RANKED] = float(best.mean())
    product = RANKED if _surely_better(best - blended, task.validation.unit) else BLENDED
    chosen = replace(fit(task, proposed, seed, ways[way]), apart=tried[way])
    return chosen.sized(size), reached, product


def _tried(
    task: Task, proposed: Candidates, seed: int, before: Choice | None
) -> tuple[Choice, ...]:
    """Fit without each fold of the units."""
    fold = (task.validation.unit % FOLDS)[proposed.query]
    starts = [None if before is None else before.without(each) for each in range(FOLDS)]
    return tuple(
        fit(task, proposed.take(fold != each), seed, starts[each]) for each in range(FOLDS)
    )


def _judged(
    task: Task, proposed: Candidates, tried: tuple[Choice, ...]
) -> dict[int, NDArray[np.float64]]:
    """NDCG of each query by the blend (0) and by rankers of each size, not fitted on its fold."""
    found: dict[int, NDArray[np.float64]] = {}
    popularity, fold = task.training.popularity(), task.validation.unit % FOLDS
    for each, choice in enumerate(tried):
        mine = fold == each
        judged = proposed.take(mine[proposed.query])
        for size in SIZES:
            lists = choice.sized(size).lists(judged, task.validation, popularity)
            for name, key in ((BLENDED, 0), (RANKED, size)):
                if name in lists:
                    value = worth(lists[name], task.validation).of("ndcg", task.cut)
                    found.setdefault(key, np.zeros(len(mine)))[mine] = value[mine]
    return found


def _surely_better(gain: NDArray[np.float64], unit: Ints) -> bool:
    """Whether the mean of ``gain`` is more than its standard error over units."""
    place = np.unique(unit, return_inverse=True)[1]
    off = np.bincount(place, gain - gain.mean())
    return bool(gain.mean() > np.sqrt(np.square(off).sum()) / len(gain))


def fit(task: Task, pairs: Candidates, seed: int, before: Choice | None = None) -> Choice:
    """Fit both on some of the validation's pairs."""
    queries, popularity = task.validation, task.training.popularity()
    blend = fit_blend(pairs, queries, task.cut)
    few, score = light(pairs, blend.score(pairs), task.kept)
    rows = features(few, score, queries.seen, popularity)
    first = start(before, few, queries, popularity)
    return Choice(blend, fit_ranker(rows, few, queries, seed, first), task.kept, before)
