from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates.own_recent import SOURCE
from streams.settings import Settings


def test_counts_decay_by_a_short_and_a_long_half_life(build):
    due = build.due(
        [[("a", EventType.VIEW, 0), ("a", EventType.CART, 8), ("b", EventType.VIEW, 8)]]
    )
    found = build.rows(SOURCE.propose(due, build.nothing(), Settings()))
    after_8_h = 0.9 * 0.5 + 0.1 * 2 ** (-8 / (14 * 24))
    a = 1 + 3 * after_8_h
    assert found == {
        (0, hash64("a")): pytest.approx(a / (1 + a), rel=1e-6),
        (0, hash64("b")): pytest.approx(after_8_h / (1 + after_8_h), rel=1e-6),
    }


def test_years_later_the_order_of_old_interests_still_stands(build):
    due = build.due([[("old", EventType.VIEW, 9_000), ("older", EventType.VIEW, 9_500)]])
    found = SOURCE.propose(due, build.nothing(), Settings())
    assert found.item.tolist() == [hash64("old"), hash64("older")]


def test_the_item_of_the_trigger_is_proposed_even_when_its_events_are_gone(build):
    due = build.due([[]], [TriggerKind.CART_LEFT], ["a"], ["c1"])
    found = SOURCE.propose(due, build.nothing(), Settings())
    assert build.rows(found) == {(0, hash64("a")): 0.75}
    assert found.category.tolist() == [hash64("c1")]


def test_the_bought_item_of_a_follow_up_is_not(build):
    due = build.due([[]], [TriggerKind.FOLLOW_UP], ["a"])
    assert not len(SOURCE.propose(due, build.nothing(), Settings()))


def test_taking_out_of_the_cart_and_returning_show_no_interest(build):
    kinds = (EventType.REMOVE_CART, EventType.RETURN, EventType.CANCEL)
    due = build.due([[(kind.name, kind, 1) for kind in kinds]])
    assert not len(SOURCE.propose(due, build.nothing(), Settings()))


def test_the_catalogue_knows_the_category_better_than_the_event(build):
    due = build.due([[("a", EventType.VIEW, 1, "old"), ("b", EventType.VIEW, 2, "told")]])
    shared = build.shared(catalogue=[{"item_id": "a", "category_id": "new"}])
    found = SOURCE.propose(due, shared, Settings())
    categories = dict(zip(found.item.tolist(), found.category.tolist(), strict=True))
    assert categories == {hash64("a"): hash64("new"), hash64("b"): hash64("told")}
