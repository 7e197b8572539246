"""What validation chooses is what judged best on units that nothing was fitted on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.evaluate.items import choice
from models.evaluate.items.candidates import Candidates
from models.evaluate.items.choice import BLENDED, RANKED, choose, fit
from models.evaluate.items.ranker import SIZES
from models.evaluate.items.task import Queries, Task
from models.items import Histories, Training

QUERIES, ITEMS = 300, 20


def asked(seed=0):
    """Two models propose all items: one knows the wanted one in two of three cases, one guesses."""
    rng = np.random.default_rng(seed)
    wanted = rng.integers(ITEMS, size=QUERIES)
    score = rng.random((QUERIES * ITEMS, 2)).astype(np.float32)
    told = np.flatnonzero(rng.random(QUERIES) < 2 / 3)
    score[told * ITEMS + wanted[told], 0] += 1
    row = np.repeat(np.arange(QUERIES), ITEMS)
    pairs = Candidates(row, np.tile(np.arange(ITEMS), QUERIES), score)
    seen = Histories.group(np.arange(QUERIES), rng.integers(ITEMS, size=QUERIES), row, QUERIES)
    queries, training = Queries.next_item(seen, wanted), Training(seen, ITEMS)
    return Task("made", training, queries, training, queries, True), pairs


def test_the_size_that_judged_best_is_chosen():
    task, pairs = asked()
    chosen, reached = choose(task, pairs, 0)
    judging = np.arange(QUERIES) % choice.HELD_BACK == 0
    tried = fit(task, pairs.take(~judging[pairs.query]), 0)
    judged = pairs.take(judging[pairs.query])
    by_size = [choice._reached(task, tried.sized(size), judged, judging)[RANKED] for size in SIZES]
    assert reached[RANKED] == max(by_size)
    assert chosen.ranker.trees == SIZES[int(np.argmax(by_size))]


def test_what_one_model_knows_is_found_by_blend_and_ranker():
    task, pairs = asked()
    _, reached = choose(task, pairs, 0)
    assert min(reached[BLENDED], reached[RANKED]) > 0.6


@pytest.mark.parametrize("size", SIZES)
def test_a_smaller_ranker_is_the_beginning_of_a_larger_one(size):
    task, pairs = asked()
    ranker = fit(task, pairs, 0).sized(size).ranker
    rows = np.random.default_rng(1).random((50, ranker.model.n_features_)).astype(np.float32)
    expected = ranker.model.booster_.predict(rows, num_iteration=size)
    np.testing.assert_allclose(ranker.score(rows), expected, rtol=1e-6)


def test_too_few_queries_have_no_ranker():
    task, pairs = asked()
    few = task.validation.take(np.arange(30))
    task = dataclasses.replace(task, validation=few)
    chosen, reached = choose(task, pairs.take(pairs.query < 30), 0)
    assert chosen.ranker is None
    assert set(reached) == {BLENDED}
