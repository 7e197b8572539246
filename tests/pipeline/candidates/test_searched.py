from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.searched import BEST_BY_WORDS, BEST_SCORE, SOURCE
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


def found_by_words(build, *searches):
    words = {"red": {"kettle": 0.8, "lamp": 0.4}, "kettle": {"kettle": 1.0, "sold-out": 1.0}}
    shared = build.shared(words=words, catalogue=[{"item_id": "sold-out", "stock": 0}])
    due = build.due([[] for _ in searches], words=searches)
    return build.rows(SOURCE.propose(due, shared, Settings()))


def test_words_alone_find_items_the_more_the_more_of_them_fit(build):
    found = found_by_words(build, (0, ["red", "kettle"]), None)
    assert found == {
        (0, hash64("kettle")): pytest.approx(BEST_BY_WORDS * (0.8 + 1.0) / 2),
        (0, hash64("lamp")): pytest.approx(BEST_BY_WORDS * 0.4 / 2),
    }


def test_a_word_that_finds_nothing_makes_the_others_say_less(build):
    (score,) = set(found_by_words(build, (12, ["kettle", "unheard"])).values())
    assert score == pytest.approx(BEST_BY_WORDS * 1.0 / 2 / 2), "half of the words, half a day"


def test_words_of_days_ago_say_nothing(build):
    assert found_by_words(build, (80, ["kettle"])) == {}
