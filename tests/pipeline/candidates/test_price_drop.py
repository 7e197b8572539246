from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.price_drop import BEST_SCORE, SOURCE
from streams.settings import Settings

VIEW, CART = EventType.VIEW, EventType.CART


def shop(build, price, **more):
    return build.shared(catalogue=[{"item_id": "kettle", "price_minor": price} | more])


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


@pytest.mark.parametrize(
    ("looked", "now"),
    [("JPY", "EUR"), (None, "EUR"), ("EUR", None), (None, None)],
)
def test_prices_compare_only_in_one_currency_that_both_told(build, looked, now):
    due = build.due([[("kettle", VIEW, 1, None, 1, 3000, looked)]])
    assert not len(SOURCE.propose(due, shop(build, 1900, currency=now), Settings()))


def test_a_currency_in_lower_case_is_the_same(build):
    due = build.due([[("kettle", VIEW, 1, None, 1, 3000, "eur")]])
    assert len(SOURCE.propose(due, shop(build, 1900, currency="EUR"), Settings())) == 1


def test_a_look_in_another_currency_since_then_says_nothing_of_the_one_before(build):
    looks = [("kettle", VIEW, 2, None, 1, 3000), ("kettle", CART, 1, None, 1, 9000, "JPY")]
    assert not len(SOURCE.propose(build.due([looks]), shop(build, 1900), Settings()))


def test_beyond_32_bits_prices_still_compare(build):
    due = build.due([[("kettle", VIEW, 0, None, 1, 10**12)]])
    assert len(SOURCE.propose(due, shop(build, 5 * 10**11), Settings())) == 1


def test_a_price_of_0_in_the_catalogue_is_no_drop_unless_the_shop_says_so(build):
    due = build.due([[("kettle", VIEW, 0, None, 1, 3000)]])
    assert not len(SOURCE.propose(due, shop(build, 0), Settings()))
