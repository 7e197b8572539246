"""What validation chooses is what judged best on units that nothing was fitted on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.evaluate.items import choice
from models.evaluate.items.candidates import Candidates
from models.evaluate.items.choice import BLENDED, RANKED, choose, fit
from models.evaluate.items.lists import worth
from models.evaluate.items.ranker import SIZES, features
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


@pytest.mark.slow
def test_the_size_that_judged_best_is_chosen():
    task, pairs = asked()
    chosen, reached, _ = choose(task, pairs, 0)
    by_size = choice._judged(task, pairs, chosen.apart)
    means = [by_size[size].mean() for size in SIZES]
    assert reached[RANKED] == max(means)
    assert chosen.ranker.trees == SIZES[int(np.argmax(means))]


@pytest.mark.slow
def test_every_query_is_judged_by_what_was_not_fitted_on_it():
    task, pairs = asked()
    mine = np.arange(QUERIES) % choice.FOLDS == 1
    tried = fit(task, pairs.take(~mine[pairs.query]), 0)
    lists = tried.lists(pairs, task.validation, task.training.popularity())[BLENDED]
    value = worth(lists, task.validation).of("ndcg", task.cut)
    found = choice._judged(task, pairs, choice._tried(task, pairs, 0, None))[0]
    np.testing.assert_array_equal(found[mine], value[mine])


@pytest.mark.slow
def test_what_goes_on_is_judged_by_going_on_from_what_never_saw_the_fold():
    task, pairs = asked()
    before, *_ = choose(task, pairs, 0)
    tried = choice._tried(task, pairs, 0, before)
    assert [each.before for each in tried] == list(before.apart)


@pytest.mark.slow
def test_what_one_model_knows_is_found_by_blend_and_ranker():
    task, pairs = asked()
    _, reached, _ = choose(task, pairs, 0)
    assert min(reached[BLENDED], reached[RANKED]) > 0.6


def test_a_ranker_that_is_not_surely_better_gives_way_to_the_blend():
    gain, unit = np.tile([0.1, -0.09], 50), np.arange(100)
    assert not choice._surely_better(gain, unit)
    assert choice._surely_better(gain + 0.05, unit)
    assert not choice._surely_better(np.zeros(100), unit)


@pytest.mark.slow
def test_a_ranker_goes_on_from_the_scores_of_the_one_before():
    common, many = asked(1)
    before = fit(common, many, 0)
    task, pairs = asked(2)
    on = fit(task, pairs, 0, before)
    popularity = task.training.popularity()
    rows = features(pairs, on.blend.score(pairs), task.validation.seen, popularity)
    trees = on.ranker.score(rows)
    together = on.ranks(pairs, task.validation, popularity)
    first = before.ranks(pairs, task.validation, popularity)
    np.testing.assert_allclose(together, first + trees, atol=1e-5)
    assert np.abs(first).max() > 0


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
    chosen, reached, product = choose(task, pairs.take(pairs.query < 30), 0)
    assert chosen.ranker is None
    assert product == BLENDED
    assert set(reached) == {BLENDED}
