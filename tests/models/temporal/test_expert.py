"""How members are chosen and blended."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.odds import sigmoid
from models.temporal.expert import CANDIDATES, FOLDS, Later, levelled
from models.temporal.moments import Moments

ROWS = 2_000
RNG = np.random.default_rng(4)
ODDS = RNG.normal(-2.0, 1.5, ROWS)
LABEL = RNG.random(ROWS) < sigmoid(ODDS)


def later(trees_odds: list[np.ndarray], net_odds: np.ndarray) -> Later:
    nothing = np.zeros((ROWS, 0), np.float32)
    moments = Moments(
        (), ("act_3h",), np.array([3]), np.zeros(ROWS, np.int64), np.zeros(ROWS, np.int64),
        nothing, np.zeros((ROWS, 0, 0), np.float32), LABEL[:, None],
    )  # fmt: skip
    fold = np.arange(ROWS) % FOLDS
    trees = np.stack([sigmoid(odds)[:, None] for odds in trees_odds])
    return Later(moments, fold, np.ones((ROWS, 1), bool), trees, sigmoid(net_odds)[:, None])


def test_levelled_probabilities_are_right_on_average_and_rank_as_before() -> None:
    high = sigmoid(ODDS + 1.7)
    found = levelled(high, LABEL)
    assert found.mean() == pytest.approx(LABEL.mean(), abs=1e-3)
    assert np.array_equal(np.argsort(found), np.argsort(high))


def test_a_member_that_is_off_by_a_constant_is_not_passed_over_for_a_worse_one() -> None:
    noise = RNG.normal(-2.0, 1.5, ROWS)
    recipe = later([noise, noise, noise], ODDS + 1.5).recipe(np.ones(ROWS, bool))
    assert recipe.blend[0].lambda_c == 1.0


def test_the_better_trees_are_chosen_and_the_blend_has_no_bias() -> None:
    poor = RNG.normal(-2.0, 0.1, ROWS)
    recipe = later([poor, ODDS, poor], poor).recipe(np.ones(ROWS, bool))
    assert recipe.trees == (CANDIDATES[1],)
    assert recipe.blend[0].bias == 0.0
    assert recipe.blend[0].lambda_t + recipe.blend[0].lambda_c == 1.0
    assert recipe.blend[0].lambda_t >= 0.75


def test_folds_off_in_opposite_directions_do_not_cancel() -> None:
    tilted = ODDS + np.where(np.arange(ROWS) % FOLDS, 2.0, -2.0)
    noise = RNG.normal(-2.0, 0.5, ROWS)
    recipe = later([noise, tilted, noise], noise).recipe(np.ones(ROWS, bool))
    assert recipe.trees == (CANDIDATES[1],)
