from __future__ import annotations

import pytest

from schemas.ids import hash64
from streams.pipeline.candidates.segment_trending import BEST_SCORE, SOURCE
from streams.settings import Settings


def test_the_demand_of_the_users_segment_is_proposed_and_nobody_elses(build):
    due = build.due([[], [], []], segments=["loyal", None, "new"])
    shared = build.shared(by_segment={"loyal": {"umbrella": 1.0, "parasol": 0.5}})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    assert found == {
        (0, hash64("umbrella")): pytest.approx(BEST_SCORE),
        (0, hash64("parasol")): pytest.approx(BEST_SCORE / 2),
    }
