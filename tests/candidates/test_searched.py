from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.candidates.searched import BEST_SCORE, SOURCE
from streams.settings import Settings

SEARCH, VIEW = EventType.SEARCH, EventType.VIEW


def shop(build):
    return build.shared(by_category={"tea": {"oolong": 1.0, "assam": 0.5}, "pots": {"kettle": 1.0}})


def test_the_latest_search_counts_and_loses_half_in_half_a_day(build):
    due = build.due([[(None, SEARCH, 30, "pots"), (None, SEARCH, 12, "tea"), ("a", VIEW, 1)], []])
    found = build.rows(SOURCE.propose(due, shop(build), Settings()))
    assert found == {
        (0, hash64("oolong")): pytest.approx(BEST_SCORE / 2),
        (0, hash64("assam")): pytest.approx(BEST_SCORE / 4),
    }


@pytest.mark.parametrize(
    "search", [(None, SEARCH, 80, "tea"), (None, SEARCH, 1), (None, VIEW, 1, "tea")]
)
def test_an_old_search_one_without_a_category_and_no_search_say_nothing(build, search):
    assert not len(SOURCE.propose(build.due([[search]]), shop(build), Settings()))
