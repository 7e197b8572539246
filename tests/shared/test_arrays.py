from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from streams.shared.arrays import PairSet, by_pair, by_score, order_by, places, runs, sums

SMALL = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**64 - 1)), max_size=30)
CLOSE = st.lists(st.tuples(st.integers(0, 5), st.integers(2**63, 2**63 + 7)), max_size=30)


def columns(pairs):
    return (
        np.array([a for a, _ in pairs], np.int64),
        np.array([b for _, b in pairs], np.uint64),
    )


@given(st.one_of(SMALL, CLOSE))
@settings(max_examples=examples(100), deadline=None)
def test_pairs_sort_as_tuples_do_and_equal_ones_keep_their_order(pairs):
    expected = sorted(range(len(pairs)), key=lambda i: pairs[i])
    assert by_pair(*columns(pairs)).tolist() == expected


def test_hashes_that_share_their_high_bits_are_told_apart():
    due, item = np.array([1, 1, 1]), np.array([3, 2, 3], np.uint64)
    assert by_pair(due, item).tolist() == [1, 0, 2]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1, width=32)), max_size=30))
@settings(max_examples=examples(100), deadline=None)
def test_scores_sort_best_first_within_a_user_and_stay_in_order_at_ties(rows):
    due = np.array([d for d, _ in rows], np.int64)
    score = np.array([s for _, s in rows], np.float32)
    expected = sorted(range(len(rows)), key=lambda i: (rows[i][0], -rows[i][1]))
    assert by_score(due, score).tolist() == expected


@given(CLOSE, CLOSE)
@settings(max_examples=examples(100), deadline=None)
def test_a_set_of_pairs_knows_its_members(members, asked):
    found = PairSet(*columns(members)).contains(*columns(asked))
    assert found.tolist() == [pair in set(members) for pair in asked]


def test_runs_places_and_sums_of_sorted_rows():
    due = np.array([0, 0, 2, 2, 2])
    assert runs(due).tolist() == [0, 2]
    assert places(due).tolist() == [0, 1, 0, 1, 2]
    assert sums(runs(due), np.array([1.0, 2, 3, 4, 5])).tolist() == [3, 12]
    assert runs(due[:0]).tolist() == []
    assert PairSet(due, due.astype(np.uint64)).most() == 3


NEAR, FAR = st.integers(-2, 2), st.integers(-(2**63), 2**63 - 1)
HASHES = st.sampled_from([0, 1, 2**63, 2**64 - 2, 2**64 - 1])


@given(st.lists(st.tuples(NEAR, NEAR | FAR, HASHES, st.integers(0, 1)), max_size=30))
def test_an_order_by_columns_is_that_of_one_sort_a_column(
    rows: list[tuple[int, int, int, int]],
) -> None:
    kinds = ("<i8", "<i8", "<u8", "u1")
    table = np.array(rows, [(str(n), kind) for n, kind in enumerate(kinds)])
    columns = [table[str(n)] for n in range(4)]
    for count in range(1, 5):
        for chosen in itertools.permutations(columns, count):
            assert order_by(*chosen).tolist() == np.lexsort(chosen[::-1]).tolist()


def test_many_rows_are_ordered_as_few_are():
    """Beyond a few thousand another way of sorting is taken: the same order, ties and near ties too."""
    rng = np.random.default_rng(0)
    due = rng.integers(0, 40, 30_000)
    for item in (
        rng.integers(0, 2**64, 500, dtype=np.uint64)[rng.integers(0, 500, 30_000)],
        rng.integers(0, 3, 30_000).astype(np.uint64) + np.uint64(2**63),
        np.zeros(30_000, np.uint64),
    ):
        assert by_pair(due, item).tolist() == np.lexsort((item, due)).tolist()
    for users in (due, due * 2**20):
        score = rng.choice(rng.random(50), 30_000).astype(np.float32)
        assert by_score(users, score).tolist() == np.lexsort((-score, users)).tolist()
