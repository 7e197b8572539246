from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.candidates import gather
from streams.candidates.repurchase import BEST_SCORE, SOURCE
from streams.settings import Settings

BUY = EventType.PURCHASE


def test_it_is_due_when_the_users_own_interval_has_passed(build):
    due = build.due([[("coffee", BUY, 400), ("coffee", BUY, 200)]])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    assert found == {(0, hash64("coffee")): pytest.approx(BEST_SCORE)}


@pytest.mark.parametrize("ages", [(300, 50), (1000, 950), (200,)])
def test_too_early_too_late_or_bought_once_is_not_due(build, ages):
    due = build.due([[("coffee", BUY, age) for age in ages]])
    assert not len(SOURCE.propose(due, build.shared(), Settings()))


def test_two_lines_of_one_order_are_one_order(build):
    due = build.due([[("coffee", BUY, 100), ("coffee", BUY, 100)]])
    assert not len(SOURCE.propose(due, build.shared(), Settings()))


def test_among_all_sources_it_alone_brings_what_is_owned(build):
    due = build.due([[("coffee", BUY, 400), ("coffee", BUY, 200), ("pot", BUY, 300)]])
    shared = build.shared(trending={"coffee": 1.0, "pot": 0.9})
    found = gather(due, shared, Settings())
    assert found.item.tolist() == [hash64("coffee")]


def test_what_is_looked_at_after_it_was_bought_is_wanted_again(build):
    view, cart = EventType.VIEW, EventType.CART
    due = build.due([[("pot", view, 9), ("pot", BUY, 8), ("pot", cart, 0), ("lid", BUY, 5)]])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    assert found == {(0, hash64("pot")): pytest.approx(BEST_SCORE * 3 / 4)}
