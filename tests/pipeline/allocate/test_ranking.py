from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.due import candidate_set, no_candidates

from streams.pipeline.allocate.ranking import ranked

SCORE = st.sampled_from([0.0, 0.25, 0.5])
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), SCORE, SCORE), min_size=1)


@given(ROWS)
def test_the_best_has_the_highest_probability_then_source_score_then_lowest_hash(rows):
    rows.sort(key=lambda row: row[0])
    found = ranked(candidate_set(*rows), rows=4)
    for row in range(4):
        mine = [i for i, pair in enumerate(rows) if pair[0] == row]
        assert sorted(found[row]) == mine
        keys = [(-rows[i][2], -rows[i][3], rows[i][1]) for i in found[row]]
        assert keys == sorted(keys)


def test_users_without_candidates_have_empty_rankings():
    assert ranked(no_candidates(), rows=2) == [[], []]
