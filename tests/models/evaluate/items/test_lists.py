from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate.items.candidates import Candidates
from models.evaluate.items.lists import LONGEST, ranked, worth
from models.evaluate.items.task import Queries
from models.items import Histories


def queries(*wanted):
    n = len(wanted)
    nothing = Histories(np.zeros(n + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64))
    row = np.repeat(np.arange(n), [len(items) for items in wanted])
    item = np.array([item for items in wanted for item in items], np.int64)
    return Queries(nothing, row, item, np.arange(n))


def padded(*lists):
    return np.array([items + [-1] * (LONGEST - len(items)) for items in lists])


def test_the_measures_by_hand():
    value = worth(padded([5, 6, 7], [1, 2, 3], [9]), queries([6], [8], [9, 4]))
    assert value.of("hr", 10).tolist() == [1, 0, 1]
    assert value.of("mrr", 20).tolist() == [0.5, 0, 1]
    assert value.of("recall", 20).tolist() == [1, 0, 0.5]
    assert value.of("ndcg", 10).tolist() == pytest.approx(
        [1 / np.log2(3), 0, 1 / (1 + 1 / np.log2(3))]
    )


def test_the_place_that_does_not_exist_is_no_hit():
    assert not worth(padded([]), queries([0])).hit.any()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40, unique=True), st.integers(0, 30))
def test_longer_lists_are_worth_no_less(items, wanted):
    value = worth(padded(items[:LONGEST]), queries([wanted]))
    for measure in ("hr", "ndcg", "mrr", "recall"):
        at = [value.of(measure, cut)[0] for cut in (5, 10, 20)]
        assert at == sorted(at)
        assert all(0 <= each <= 1 for each in at)


def test_a_constant_score_orders_by_nothing_that_knows_the_answer():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        item = np.sort(rng.choice(1000, 40, replace=False))
        pairs = Candidates(np.zeros(40, np.int64), item, np.ones((40, 1), np.float32))
        lists = ranked(pairs, np.ones(40, np.float32), 1)
        # Wherever the positive stands among the pairs: here always the first.
        found.append(worth(lists, queries([int(item[0])])).of("hr", 10)[0])
    assert 0.12 < np.mean(found) < 0.4
