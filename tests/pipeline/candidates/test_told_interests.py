from __future__ import annotations

import pytest

from schemas.ids import hash64
from streams.pipeline.candidates.told_interests import BEST_SCORE, SOURCE
from streams.settings import Settings


def test_who_did_nothing_yet_is_offered_what_is_wanted_in_what_they_named(build):
    due = build.due([[], [], []], interests=[["tea", "pots"], [], ["coins"]])
    shared = build.shared(by_category={"tea": {"oolong": 1.0, "assam": 0.5}, "pots": {"kettle": 1}})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    assert found == {
        (0, hash64("oolong")): pytest.approx(BEST_SCORE),
        (0, hash64("assam")): pytest.approx(BEST_SCORE / 2),
        (0, hash64("kettle")): pytest.approx(BEST_SCORE),
    }


def test_an_interest_taken_back_is_none(build):
    due = build.due([[]], interests=[["tea"]])
    due.state.context.data["value"] = 0
    shared = build.shared(by_category={"tea": {"oolong": 1.0}})
    assert not len(SOURCE.propose(due, shared, Settings()))
