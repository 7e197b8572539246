from __future__ import annotations

import pytest

from schemas.ids import hash64
from streams.pipeline.candidates.friends_bought import BEST_SCORE, SOURCE
from streams.settings import Settings


def test_friends_purchases_add_up_and_strangers_do_not_count(build):
    bought = {1: {"lamp": 1.0, "tent": 0.25}, 2: {"lamp": 0.5}, 3: {"boat": 1.0}}
    due = build.due([[], [], []], friends=[[1, 2], [4], []])
    found = build.rows(SOURCE.propose(due, build.shared(bought_by=bought), Settings()))
    assert found == {
        (0, hash64("lamp")): pytest.approx(BEST_SCORE * 1.5 / 2.5),
        (0, hash64("tent")): pytest.approx(BEST_SCORE * 0.25 / 1.25),
    }


def test_where_nobody_shares_there_is_nothing_to_say(build):
    due = build.due([[]], friends=[[1, 2]])
    assert not len(SOURCE.propose(due, build.shared(trending={"lamp": 1.0}), Settings()))
