from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.price_drop import BEST_SCORE, SOURCE
from streams.settings import Settings

VIEW, CART = EventType.VIEW, EventType.CART


def shop(build, price):
    return build.shared(catalogue=[{"item_id": "kettle", "price_minor": price}])


def test_a_third_off_since_a_moment_ago_counts_in_full(build):
    due = build.due([[("kettle", VIEW, 0, None, 1, 3000)]])
    found = build.rows(SOURCE.propose(due, shop(build, 2000), Settings()))
    assert found == {(0, hash64("kettle")): pytest.approx(BEST_SCORE)}


def test_half_as_much_off_counts_half_and_fades(build):
    due = build.due([[("kettle", VIEW, 14 * 24, None, 1, 2000)]])
    found = build.rows(SOURCE.propose(due, shop(build, 1700), Settings()))
    assert found == {(0, hash64("kettle")): pytest.approx(BEST_SCORE / 4)}


def test_the_price_of_the_last_look_counts(build):
    due = build.due([[("kettle", VIEW, 2, None, 1, 3000), ("kettle", CART, 1, None, 1, 2000)]])
    assert not len(SOURCE.propose(due, shop(build, 2000), Settings()))


@pytest.mark.parametrize("price", [2950, 3000, 4000, None])
def test_less_than_news_a_higher_or_an_unknown_price_is_none(build, price):
    due = build.due([[("kettle", VIEW, 1, None, 1, 3000)]])
    assert not len(SOURCE.propose(due, shop(build, price), Settings()))


def test_an_event_without_a_price_tells_none(build):
    due = build.due([[("kettle", VIEW, 1)]])
    assert not len(SOURCE.propose(due, shop(build, 1), Settings()))
