from __future__ import annotations

import numpy as np
import pytest

from models.train.calibrate import fit_ranked
from models.train.order import FEWEST, fit_order

USERS, OFFERED = 600, 10


def offered(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Users choose one of ten by ``2 * a``; b is luck, and c is the same for all of a user's."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, USERS, OFFERED))
    c = np.repeat(rng.normal(size=(USERS, 1)), OFFERED, axis=1)
    chance = np.exp(2 * a) / np.exp(2 * a).sum(axis=1, keepdims=True)
    chosen = (rng.random((USERS, 1)) > np.cumsum(chance, axis=1)).sum(axis=1)
    label = np.arange(OFFERED) == chosen[:, None]
    label &= rng.random((USERS, 1)) < 0.5
    odds = np.stack([a.ravel(), b.ravel(), c.ravel()], axis=1)
    return odds, label.ravel(), np.repeat(np.arange(USERS), OFFERED), c.ravel()


def test_what_orders_is_weighed_and_luck_is_not() -> None:
    odds, label, due, _ = offered()
    weights = fit_order(odds, label, due, 10.0)
    assert weights is not None
    assert weights[0] == pytest.approx(2, abs=0.3)
    assert 0 <= weights[1] < 0.2
    assert ((weights >= 0) & (weights <= 10)).all()


def test_a_level_of_the_user_changes_nothing() -> None:
    odds, label, due, level = offered()
    shifted = odds + level[:, None] * np.array([1.0, 0.0, 0.0])
    first, second = (fit_order(each[:, :2], label, due, 10.0) for each in (odds, shifted))
    assert first is not None
    assert second is not None
    assert second.tolist() == pytest.approx(first.tolist(), abs=1e-3)


def test_too_few_hits_say_nothing() -> None:
    odds, label, due, _ = offered()
    few = label & (np.cumsum(label) < FEWEST)
    assert fit_order(odds, few, due, 10.0) is None
    h = 1 / (1 + np.exp(-odds.T))
    assert fit_ranked(h[0], h[1], h[2], few, due) is None


def test_the_scale_is_that_of_probabilities() -> None:
    odds, label, due, _ = offered()
    h_r, h_t, h_c = 1 / (1 + np.exp(-odds.T))
    found = fit_ranked(h_t, h_c, h_r, label, due)
    assert found is not None
    z = found.lambda_t * odds[:, 1] + found.lambda_c * odds[:, 2] + found.lambda_r * odds[:, 0]
    p = 1 / (1 + np.exp(-z - found.bias))
    assert p.mean() == pytest.approx(label.mean(), abs=0.01)
    assert found.lambda_r > 5 * found.lambda_t
