from __future__ import annotations

import pytest

from schemas.ids import hash64
from streams.pipeline.candidates.near_hot import BEST_SCORE, PLAIN, SOURCE
from streams.settings import Settings

BERLIN = "851f1d4bfffffff"


def test_the_demand_of_the_users_cell_is_proposed_and_nobody_elses(build):
    due = build.due([[], [], []], cells=[BERLIN, None, "elsewhere"])
    shared = build.shared(by_cell={BERLIN: {"umbrella": 1.0, "parasol": 0.5}})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    best = BEST_SCORE * PLAIN
    assert found == {
        (0, hash64("umbrella")): pytest.approx(best),
        (0, hash64("parasol")): pytest.approx(best / 2),
    }


@pytest.mark.parametrize(("hours", "score"), [(2, BEST_SCORE), (-2, BEST_SCORE * PLAIN)])
def test_an_offer_that_stands_comes_first(build, hours, score):
    until = build.now_ms + hours * build.hour_ms
    catalogue = [{"item_id": "umbrella", "offer": {"kind": "sale", "until": until}}]
    shared = build.shared(by_cell={BERLIN: {"umbrella": 1.0}}, catalogue=catalogue)
    due = build.due([[]], cells=[BERLIN])
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    assert found == {(0, hash64("umbrella")): pytest.approx(score)}
