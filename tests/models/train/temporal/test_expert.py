"""How members are chosen and blended."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.odds import sigmoid
from models.train.temporal.expert import BLENDS, CANDIDATES, FOLDS, Later, levelled
from models.train.temporal.moments import Moments

ROWS = 2_000
RNG = np.random.default_rng(4)
ODDS = RNG.normal(-2.0, 1.5, ROWS)
LABEL = RNG.random(ROWS) < sigmoid(ODDS)
NOISE = RNG.normal(-2.0, 1.5, ROWS)


def later(trees_odds: list[np.ndarray], net_odds: np.ndarray, line_odds=NOISE) -> Later:
    nothing = np.zeros((ROWS, 0), np.float32)
    moments = Moments(
        (), ("act_3h",), np.array([3]), np.zeros(ROWS, np.int64), np.zeros(ROWS, np.int64),
        nothing, np.zeros((ROWS, 0, 0), np.float32), LABEL[:, None],
    )  # fmt: skip
    fold = np.arange(ROWS) % FOLDS
    trees = np.stack([sigmoid(odds)[:, None] for odds in trees_odds])
    others = np.stack([sigmoid(odds)[:, None] for odds in (net_odds, line_odds)])
    return Later(moments, fold, np.ones((ROWS, 1), bool), trees, others)


def test_levelled_probabilities_are_right_on_average_and_rank_as_before() -> None:
    high = sigmoid(ODDS + 1.7)
    found = levelled(high, LABEL)
    assert found.mean() == pytest.approx(LABEL.mean(), abs=1e-3)
    assert np.array_equal(np.argsort(found), np.argsort(high))


def test_a_member_that_is_off_by_a_constant_is_not_passed_over_for_a_worse_one() -> None:
    recipe = later([NOISE, NOISE, NOISE], ODDS + 1.5).recipe(np.ones(ROWS, bool))
    assert recipe.blend[0] == (0.0, 1.0, 0.0)


def test_the_line_has_a_share_where_it_knows_more() -> None:
    recipe = later([NOISE, NOISE], NOISE, ODDS).recipe(np.ones(ROWS, bool))
    assert recipe.blend[0] == (0.0, 0.0, 1.0)


def test_shares_are_quarters_that_sum_to_one() -> None:
    assert len(set(BLENDS)) == len(BLENDS) == 15
    assert {sum(blend) for blend in BLENDS} == {1.0}


def test_the_better_trees_are_chosen() -> None:
    poor = RNG.normal(-2.0, 0.1, ROWS)
    recipe = later([poor, ODDS, poor], poor).recipe(np.ones(ROWS, bool))
    assert recipe.trees == (CANDIDATES[1],)
    assert recipe.blend[0][0] >= 0.75


def test_a_fold_counts_by_how_many_of_its_labels_are_known() -> None:
    """The last fold of a day-ahead target has one hour of labels: it must not outvote a whole day."""
    wrong_once = np.where(np.arange(ROWS) % FOLDS == FOLDS - 1, -ODDS, ODDS)
    mostly = later([wrong_once, NOISE], NOISE, NOISE)
    mostly.known[np.flatnonzero(mostly.fold == FOLDS - 1)[20:]] = False
    assert mostly.recipe(np.ones(ROWS, bool)).trees == (CANDIDATES[0],)


def test_folds_off_in_opposite_directions_do_not_cancel() -> None:
    tilted = ODDS + np.where(np.arange(ROWS) % FOLDS, 2.0, -2.0)
    noise = RNG.normal(-2.0, 0.5, ROWS)
    recipe = later([noise, tilted, noise], noise).recipe(np.ones(ROWS, bool))
    assert recipe.trees == (CANDIDATES[1],)
