from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates import gather
from streams.pipeline.candidates.repurchase import BEFORE, BEST_SCORE, SOURCE
from streams.settings import Settings

BUY = EventType.PURCHASE


def test_it_is_due_when_the_users_own_interval_has_passed(build):
    due = build.due([[("coffee", BUY, 400), ("coffee", BUY, 200)]])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    assert found == {(0, hash64("coffee")): pytest.approx(BEST_SCORE)}


@pytest.mark.parametrize("ages", [(500, 150), (1400, 1300), (200,), (200, 200)])
def test_too_early_too_late_or_bought_once_long_ago_is_not_due(build, ages):
    """Two lines of one order are one order."""
    due = build.due([[("coffee", BUY, age) for age in ages]])
    assert not len(SOURCE.propose(due, build.shared(), Settings()))


def test_what_was_just_bought_may_be_bought_again_but_comes_after_what_was_looked_at_since(build):
    due = build.due([[("pot", BUY, 8), ("pot", EventType.VIEW, 0), ("tea", BUY, 0)]])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    order = 4 * BEFORE
    assert found[0, hash64("tea")] == pytest.approx(BEST_SCORE * order / (1 + order))
    assert found[0, hash64("pot")] > found[0, hash64("tea")]


def test_among_all_sources_it_alone_brings_what_is_owned(build):
    due = build.due([[("coffee", BUY, 400), ("coffee", BUY, 200), ("pot", BUY, 300)]])
    shared = build.shared(trending={"coffee": 1.0, "pot": 0.9})
    found = gather(due, shared, Settings())
    assert found.item.tolist() == [hash64("coffee")]


def test_what_is_looked_at_after_it_was_bought_is_wanted_again(build):
    view, cart = EventType.VIEW, EventType.CART
    due = build.due([[("pot", view, 99), ("pot", BUY, 98), ("pot", cart, 0), ("lid", BUY, 95)]])
    found = build.rows(SOURCE.propose(due, build.shared(), Settings()))
    assert found[0, hash64("pot")] == pytest.approx(BEST_SCORE * 3 / 4, rel=0.01)
    assert found.get((0, hash64("lid")), 0) < found[0, hash64("pot")] / 20
