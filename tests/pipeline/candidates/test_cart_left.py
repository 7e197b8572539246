from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.cart_left import SOURCE
from streams.settings import Settings

CART, REMOVE, BUY = EventType.CART, EventType.REMOVE_CART, EventType.PURCHASE


def test_an_open_cart_loses_half_its_score_in_a_week(build):
    due = build.due([[("a", CART, 0), ("b", CART, 24 * 7), ("b", CART, 24 * 8)]])
    found = build.rows(SOURCE.propose(due, build.nothing(), Settings()))
    assert found == {
        (0, hash64("a")): pytest.approx(0.9),
        (0, hash64("b")): pytest.approx(0.45),
    }


@pytest.mark.parametrize(
    ("events", "open_"),
    [
        ([("a", CART, 2), ("a", REMOVE, 1)], False),
        ([("a", CART, 2), ("a", BUY, 1)], False),
        ([("a", CART, 1), ("a", REMOVE, 1)], False),  # the same millisecond closes
        ([("a", REMOVE, 2), ("a", CART, 1)], True),
        ([("a", CART, 3), ("a", REMOVE, 2), ("a", CART, 1)], True),
        ([("a", BUY, 3), ("a", EventType.RETURN, 2), ("a", CART, 1)], True),
        ([("a", EventType.FAV, 1)], False),
        ([("b", REMOVE, 1), ("a", CART, 2)], True),
    ],
)
def test_a_cart_is_open_until_it_is_emptied_or_bought(build, events, open_):
    due = build.due([events])
    found = build.rows(SOURCE.propose(due, build.nothing(), Settings()))
    assert ((0, hash64("a")) in found) is open_
