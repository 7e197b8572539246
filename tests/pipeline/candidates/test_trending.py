from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.trending import SOURCE
from streams.settings import Settings


def test_demand_is_scaled_for_every_user(build):
    due = build.due([[], []])
    shared = build.shared(trending={"a": 1.0, "b": 0.5})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    assert found == {
        (user, hash64(item)): pytest.approx(score)
        for user in (0, 1)
        for item, score in (("a", 0.2), ("b", 0.1))
    }


def test_a_user_who_owns_the_leaders_still_gets_a_full_list(build):
    due = build.due([[("a", EventType.PURCHASE, 1), ("b", EventType.PURCHASE, 1)], []])
    shared = build.shared(
        trending={"a": 1.0, "gone": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5}, catalogue=["gone"]
    )
    found = SOURCE.propose(due, shared, Settings(candidates_per_source=2))
    assert found.item[found.due == 0].tolist() == [hash64("c"), hash64("d")]
    assert found.item[found.due == 1].tolist() == [hash64("a"), hash64("b")]
