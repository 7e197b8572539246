from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.features import standing

SCORES = st.integers(0, 8).map(lambda n: n / 8)


def test_the_columns_are_what_their_names_say() -> None:
    query, item = np.array([4, 4, 9]), np.array([7, 3, 3], np.uint64)
    scores = np.array([[0.5, 0.0], [0.25, 0.5], [0.0, 0.25]], np.float32)
    total = np.array([0.5, 0.5, 0.25])
    rows = standing.compute(query, item, scores, total)
    told = [dict(zip(standing.names(("a", "b")), row, strict=True)) for row in rows.tolist()]
    assert told[0] == {
        "from_a": 0.5, "from_b": 0.0, "share_a": 1.0, "share_b": 0.0,
        "total": 0.5, "share_total": 1.0, "place": 1.0, "proposers": 1.0,
    }  # fmt: skip
    assert told[1]["place"] == 0.0, "of equal totals the smaller item comes first"
    assert told[1] | {"share_a": 0.5, "share_b": 1.0, "proposers": 2.0} == told[1]
    assert told[2]["share_b"] == 1.0, "every query has a best of its own"


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.lists(st.tuples(SCORES, SCORES), min_size=1, max_size=6), max_size=5))
def test_a_query_stands_alone_as_it_does_beside_others(
    queries: list[list[tuple[float, float]]],
) -> None:
    query = np.repeat(np.arange(len(queries)), [len(pairs) for pairs in queries])
    item = np.concatenate([np.zeros(0), *(np.arange(len(pairs)) for pairs in queries)])
    scores = np.array([pair for pairs in queries for pair in pairs], np.float32).reshape(-1, 2)
    whole = standing.compute(query, item, scores, scores.sum(axis=1))
    for number in range(len(queries)):
        mine = query == number
        alone = standing.compute(query[mine], item[mine], scores[mine], scores[mine].sum(axis=1))
        assert alone.tobytes() == whole[mine].tobytes()
