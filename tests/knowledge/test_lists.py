"""Scored lists by key, and the same read from the items."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.knowledge.epoch_view import Lists

SCORES = st.integers(0, 8).map(lambda eighth: eighth / 8)
TABLES = st.dictionaries(
    st.integers(1, 9), st.dictionaries(st.integers(1, 9), SCORES, max_size=5), max_size=5
)


def lists_of(table):
    return Lists.decode(
        {
            key: (
                np.array(list(row), "<u8").tobytes(),
                np.array(list(row.values()), "<f4").tobytes(),
            )
            for key, row in table.items()
        }
    )


@given(TABLES)
def test_inverted_has_the_same_pairs_best_first(table):
    turned = lists_of(table).inverted()
    found = {}
    for item in turned.keys.tolist():
        keys, scores = turned[item]
        assert list(zip(-scores, keys.tolist(), strict=True)) == sorted(
            zip(-scores, keys.tolist(), strict=True)
        )
        found |= {(key, item): score for key, score in zip(keys.tolist(), scores, strict=True)}
    assert found == {(key, item): s for key, row in table.items() for item, s in row.items()}


def test_inverted_of_nothing_is_nothing():
    assert not len(lists_of({}).inverted())
    assert not lists_of({}).inverted().has(np.array([3], np.uint64)).any()
