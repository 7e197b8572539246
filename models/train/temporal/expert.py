"""The temporal expert: members chosen and blended on later days of the training time.

Nothing here ever sees a moment at or after the hour where training ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.bundle.odds import logit, sigmoid
from models.metrics.probabilities import log_loss
from models.train.calibrate import level_shift
from models.train.fit import Trees
from models.train.temporal.members import LINE, NET, TREES, Member, fit_line, fit_net, fit_trees
from models.train.temporal.moments import Moments, joined
from models.train.temporal.recurrent import Recurrent

Floats = NDArray[np.float64]
CANDIDATES = (
    Trees(rounds=60, leaves=6, least_leaf=2_000, rate=0.05, l2=50.0, share=0.25),
    Trees(rounds=120, leaves=6, least_leaf=1_000, rate=0.05, l2=50.0, share=0.25),
    Trees(rounds=200, leaves=6, least_leaf=1_000, rate=0.05, l2=50.0, share=0.25),
    Trees(rounds=200, leaves=10, least_leaf=150, rate=0.05, l2=50.0, share=0.25),
)
"""What the search chooses from, per target. Large leaves for what lies a day ahead: there a user's
24 moments of a day share one answer."""
MEMBERS = (TREES, NET, LINE)
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
BLENDS = tuple(
    (trees, net, 1.0 - trees - net)
    for trees, net in product(QUARTERS, repeat=2)
    if trees + net <= 1.0
)
"""Shares of the members in the blended log-odds that are tried."""
FOLDS = 3
"""Labels a day ahead are not resolved in the last of them, but for its first hour."""
FOLD_SHARE = 6
"""A fold is one in so many days of the training time, and no less than a day."""
Blend = tuple[float, ...]


@dataclass(slots=True, frozen=True)
class Recipe:
    """What out-of-time folds said: trees and shares of the ``MEMBERS`` for every target."""

    trees: tuple[Trees, ...]
    blend: tuple[Blend, ...]


@dataclass(slots=True, frozen=True)
class Expert:
    """A fitted expert; `score` gives members and blend."""

    recipe: Recipe
    members: Mapping[str, Member]

    def score(self, moments: Moments) -> dict[str, Floats]:
        """Return float64[n, targets] of every member, and ``model``: their blend."""
        found = {name: self.members[name].score(moments) for name in MEMBERS}
        blended = [
            sigmoid(mixed([logit(score[:, i]) for score in found.values()], blend))
            for i, blend in enumerate(self.recipe.blend)
        ]
        return {"model": np.stack(blended, axis=1), **found}


def mixed(odds: Sequence[Floats], blend: Blend) -> Floats:
    """Return the mean of log-odds with these weights."""
    total: Floats = sum(
        (weight * each for weight, each in zip(blend, odds, strict=True)), np.zeros_like(odds[0])
    )
    return total


@dataclass(slots=True, frozen=True)
class Later:
    """Out-of-time predictions inside the training time: what recipes are made of.

    ``fold``: int64[n]; ``trees``: float64[candidates, n, targets]; ``others``: float64[members
    beside the trees, n, targets]; ``known``: labels resolved before training ends.
    """

    moments: Moments
    fold: NDArray[np.int64]
    known: NDArray[np.bool_]
    trees: Floats
    others: Floats

    def recipe(self, rows: NDArray[np.bool_]) -> Recipe:
        """Choose trees and the members' shares by the blend's log-loss, on these rows."""
        best = [self._best(rows & self.known[:, i], i) for i in range(len(self.moments.targets))]
        return Recipe(tuple(CANDIDATES[n] for n, _ in best), tuple(blend for _, blend in best))

    def _best(self, rows: NDArray[np.bool_], target: int) -> tuple[int, Blend]:
        folds = [rows & (self.fold == number) for number in range(FOLDS)]

        def loss(choice: tuple[int, Blend]) -> float:
            number, blend = choice
            return sum(self._loss(fold, target, number, blend) for fold in folds if fold.any())

        return min(product(range(len(self.trees)), BLENDS), key=loss)

    def _loss(self, rows: NDArray[np.bool_], target: int, number: int, blend: Blend) -> float:
        """The sum over the rows: a fold counts by how much of it is resolved."""
        scores = (self.trees[number], *self.others)
        label = self.moments.label[rows, target]
        odds = mixed([logit(score[rows, target]) for score in scores], blend)
        return log_loss(levelled(sigmoid(odds), label), label) * len(label)


def levelled(probability: Floats, label: NDArray[np.bool_]) -> Floats:
    """Return the probabilities with their log-odds shifted so that their mean is the labels'.

    Members are compared by that: how far a fold's model is off on average depends on how few days
    it knew, and does not carry over to the one that will serve (after two days of Taobao the net
    said .52 where .39 happened, after three .44). For the same reason the blend has no bias.
    """
    return sigmoid(logit(probability) + level_shift(probability, label))


def look_later(moments: Moments, until: int, how: Recurrent, seed: int) -> Later:
    """Fit every candidate before each fold and predict the fold (time-ordered validation)."""
    days = until // 24
    length = max(days // FOLD_SHARE, 1) * 24
    parts, trees, others = [], [], []
    for back in range(FOLDS, 0, -1):
        begin = until - back * length
        fold = moments.take((moments.hour >= begin) & (moments.hour < begin + length))
        before = moments.take(moments.hour < begin)
        trees.append([_trees(before, begin, each, seed).score(fold) for each in CANDIDATES])
        beside = (fit_net(before, begin, how, seed), fit_line(before, begin, seed))
        others.append([member.score(fold) for member in beside])
        parts.append(fold)
    both = joined(parts)
    number = np.repeat(np.arange(FOLDS), [len(part) for part in parts])
    return Later(
        both, number, both.resolved(until), np.concatenate(trees, axis=1),
        np.concatenate(others, axis=1),
    )  # fmt: skip


def fit_expert(moments: Moments, until: int, recipe: Recipe, how: Recurrent, seed: int) -> Expert:
    """Fit the members on everything whose label is known at hour ``until``."""
    members = {
        TREES: fit_trees(moments, until, recipe.trees, seed),
        NET: fit_net(moments, until, how, seed),
        LINE: fit_line(moments, until, seed),
    }
    return Expert(recipe, members)


def _trees(moments: Moments, until: int, how: Trees, seed: int) -> Member:
    return fit_trees(moments, until, [how] * len(moments.targets), seed)
