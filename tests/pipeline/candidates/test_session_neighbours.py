from __future__ import annotations

import numpy as np
import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.session_neighbours import BEST_SCORE, SOURCE
from streams.settings import Settings

VIEW = EventType.VIEW


def test_the_likest_sessions_vote_and_their_share_is_the_score(build):
    """Session 0 shares a and b, session 1 only a: what 0 had besides counts for more."""
    sessions = [["a", "b", "kettle"], ["a", "teapot"], ["x", "y"]]
    due = build.due([[("b", VIEW, 2), ("a", VIEW, 1)]])
    found = build.rows(SOURCE.propose(due, build.shared(sessions=sessions), Settings()))
    idf = {1: np.log1p(3 / 1), 2: np.log1p(3 / 2)}
    a, rare = idf[2] / idf[1], 1.0
    alike = [(a + 0.8 * rare) / np.sqrt(3), a / np.sqrt(2)]
    expected = {"kettle": alike[0] * rare, "teapot": alike[1] * rare, "b": alike[0] * rare}
    expected |= {"a": sum(alike) * a}
    assert found == {
        (0, hash64(item)): pytest.approx(BEST_SCORE * votes / sum(alike))
        for item, votes in expected.items()
    }


def test_without_sessions_or_history_it_says_nothing(build):
    due = build.due([[("a", VIEW, 1)], []])
    assert not len(SOURCE.propose(due, build.shared(), Settings()))
    found = SOURCE.propose(due, build.shared(sessions=[["b", "c"]]), Settings())
    assert not len(found)
