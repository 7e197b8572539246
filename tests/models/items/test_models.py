"""The behaviour that all item models share; a new model is tested by being in FITS."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.items import (
    Histories,
    Training,
    content,
    cosine,
    factors,
    own,
    popular,
    recurrent,
    ridge,
    session_neighbours,
    transitions,
    user_neighbours,
)

NET = pytest.param(recurrent, marks=pytest.mark.slow)  # JAX compiles for seconds
FITS = (
    cosine, transitions, ridge, session_neighbours, popular, content, own, factors, user_neighbours,
    NET,
)  # fmt: skip
FOLLOWING = (
    cosine, transitions, ridge, session_neighbours, content, factors, user_neighbours, NET,
)  # fmt: skip
ITEMS = 12


def grouped(rows):
    row = np.repeat(np.arange(len(rows)), [len(items) for items in rows])
    item = np.concatenate([np.asarray(items, np.int64) for items in rows])
    return Histories.group(row, item, np.zeros(len(item), np.int64), len(rows))


@pytest.fixture
def training():
    """Two sorts of histories: 0 1 2 3 in this order, and 6 7 8 9; item 11 nobody has."""
    rng = np.random.default_rng(3)
    rows = []
    for n in range(60):
        first = 6 * (n % 2)
        kept = rng.random(4) < 0.8
        rows.append([first + k for k in range(4) if kept[k]] or [first])
    words = np.zeros((ITEMS, 2), np.float32)
    words[:6, 0] = words[6:, 1] = 1
    return Training(grouped(rows), ITEMS, csr_array(words))


@pytest.fixture(params=FITS, ids=lambda module: module.__name__.rsplit(".")[-1])
def model(request, training):
    return request.param.fit(training)


def test_scores_are_finite_and_not_negative(model):
    scores = model.scores(grouped([[0, 1], [8]]))
    assert scores.shape == (2, ITEMS)
    assert np.isfinite(scores.data).all()
    assert (scores.data >= 0).all()


@pytest.mark.slow
def test_a_history_is_scored_alike_alone_and_among_others(model):
    together = model.scores(grouped([[0, 1], [8], [2, 7, 3]])).toarray()
    for place, items in enumerate(([0, 1], [8], [2, 7, 3])):
        alone = model.scores(grouped([items])).toarray()[0]
        # A matrix product rounds by its shape; ALS and GRU are measured, they never serve.
        rounding = 1e-5 if isinstance(model, factors.Factors | recurrent.Recurrent) else 0
        np.testing.assert_allclose(alone, together[place], rtol=0, atol=rounding)


@pytest.mark.parametrize("module", FITS, ids=lambda module: module.__name__.rsplit(".")[-1])
def test_the_same_training_gives_the_same_scores(module, training):
    seen = grouped([[0, 1], [9, 6]])
    first, second = (module.fit(training).scores(seen).toarray() for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("module", FOLLOWING, ids=lambda module: module.__name__.rsplit(".")[-1])
def test_what_goes_with_the_seen_comes_before_what_does_not(module, training):
    scores = module.fit(training).scores(grouped([[0, 1]])).toarray()[0]
    assert scores[2] > scores[8]
    assert scores[3] > scores[9]


def test_transitions_have_a_direction(training):
    model = transitions.fit(training)
    assert model.similar[1, 2] > 0
    assert model.similar[2, 1] == 0


def test_ridge_over_all_neighbours_is_the_ridge_regression_of_the_item(training):
    model = ridge.fit(training, neighbours=ITEMS, l2=4.0)
    seen = training.histories.matrix(ITEMS).toarray().astype(np.float64)
    gram = seen.T @ seen + 4.0 * np.eye(ITEMS)
    inverse = np.linalg.inv(gram)
    ease = -inverse / np.diag(inverse)
    near = cosine.fit(training).similar.toarray() > 0
    # In this log an item's neighbours are all the items it ever meets, so both systems agree.
    expected = np.where(near & (ease > 0), ease, 0)
    np.testing.assert_allclose(model.similar.toarray(), expected, atol=1e-5)
