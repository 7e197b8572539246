"""The temporal expert: members chosen, blended and calibrated on later days of the training time.

Nothing here ever sees a moment at or after the hour where training ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.bundle.manifest import Weights
from models.bundle.odds import stack
from models.evaluate.probabilities import log_loss
from models.temporal.members import NET, TREES, Member, fit_net, fit_trees
from models.temporal.moments import Moments, joined
from models.temporal.recurrent import Recurrent
from models.train.calibrate import fit_stack
from models.train.fit import Trees

Floats = NDArray[np.float64]
CANDIDATES = (
    Trees(rounds=60, leaves=6, least_leaf=200, rate=0.05, l2=50.0, share=0.25),
    Trees(rounds=120, leaves=6, least_leaf=200, rate=0.05, l2=50.0, share=0.25),
    Trees(rounds=200, leaves=10, least_leaf=150, rate=0.05, l2=50.0, share=0.25),
)
"""What the search chooses from, per target; found on earlier data to be the range that matters."""
FOLDS = 2
FOLD_SHARE = 6
"""A fold is one in so many days of the training time, and no less than a day."""


@dataclass(slots=True, frozen=True)
class Recipe:
    """What out-of-time folds said: trees and blend of every target."""

    trees: tuple[Trees, ...]
    blend: tuple[Weights, ...]


@dataclass(slots=True, frozen=True)
class Expert:
    """A fitted expert; `score` gives members and blend."""

    recipe: Recipe
    trees: Member
    net: Member

    def score(self, moments: Moments) -> dict[str, Floats]:
        """Return float64[n, targets] of the trees, the net, and ``model``: their blend."""
        trees, net = self.trees.score(moments), self.net.score(moments)
        blended = [
            stack(trees[:, i], net[:, i], weights) for i, weights in enumerate(self.recipe.blend)
        ]
        return {"model": np.stack(blended, axis=1), TREES: trees, NET: net}


@dataclass(slots=True, frozen=True)
class Later:
    """Out-of-time predictions inside the training time: what recipes are made of.

    ``trees``: float64[candidates, n, targets]; ``net``: float64[n, targets]; ``known``: labels
    resolved before training ends.
    """

    moments: Moments
    known: NDArray[np.bool_]
    trees: Floats
    net: Floats

    def recipe(self, rows: NDArray[np.bool_]) -> Recipe:
        """Choose trees by log-loss and fit the blend, on these rows."""
        chosen, blend = [], []
        for i in range(len(self.moments.targets)):
            used = rows & self.known[:, i]
            label = self.moments.label[used, i]
            losses = [log_loss(trees[used, i], label) for trees in self.trees]
            best = int(np.argmin(losses))
            chosen.append(CANDIDATES[best])
            weights = fit_stack(self.trees[best][used, i], self.net[used, i], label)
            blend.append(weights or Weights())
        return Recipe(tuple(chosen), tuple(blend))


def look_later(moments: Moments, until: int, how: Recurrent, seed: int) -> Later:
    """Fit every candidate before each fold and predict the fold (time-ordered validation)."""
    days = until // 24
    length = max(days // FOLD_SHARE, 1) * 24
    parts, trees, nets = [], [], []
    for back in range(FOLDS, 0, -1):
        begin = until - back * length
        fold = moments.take((moments.hour >= begin) & (moments.hour < begin + length))
        before = moments.take(moments.hour < begin)
        trees.append([_trees(before, begin, each, seed).score(fold) for each in CANDIDATES])
        nets.append(fit_net(before, begin, how, seed).score(fold))
        parts.append(fold)
    both = joined(parts)
    return Later(both, both.resolved(until), np.concatenate(trees, axis=1), np.concatenate(nets))


def fit_expert(moments: Moments, until: int, recipe: Recipe, how: Recurrent, seed: int) -> Expert:
    """Fit the members on everything whose label is known at hour ``until``."""
    trees = fit_trees(moments, until, recipe.trees, seed)
    return Expert(recipe, trees, fit_net(moments, until, how, seed))


def _trees(moments: Moments, until: int, how: Trees, seed: int) -> Member:
    return fit_trees(moments, until, [how] * len(moments.targets), seed)
