from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates.category_trending import SOURCE, affinities
from streams.settings import Settings

VIEW, CART = EventType.VIEW, EventType.CART


def test_demand_counts_by_the_share_of_the_category(build):
    due = build.due([[("a", CART, 0, "c1"), ("b", VIEW, 0, "c2")]])
    shared = build.shared(by_category={"c1": {"x": 1.0, "y": 0.5}, "c2": {"z": 1.0}})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    assert found == {
        (0, hash64("x")): pytest.approx(0.4 * 0.75),
        (0, hash64("y")): pytest.approx(0.4 * 0.75 * 0.5),
        (0, hash64("z")): pytest.approx(0.4 * 0.25),
    }


def test_the_category_of_an_event_without_one_is_looked_up(build):
    due = build.due([[("a", VIEW, 0), ("b", VIEW, 0)]])
    shared = build.shared(
        categories={"a": "from-epoch"},
        catalogue=[{"item_id": "b", "category_id": "from-catalogue"}],
    )
    _, category, share = affinities(build.view(due, shared))
    assert set(category.tolist()) == {hash64("from-epoch"), hash64("from-catalogue")}
    assert share.tolist() == [0.5, 0.5]


def test_the_category_of_the_trigger_counts_like_a_cart(build):
    due = build.due([[("a", VIEW, 0, "c1")]], [TriggerKind.REPEAT_CATEGORY], [None], ["c2"])
    _, category, share = affinities(build.view(due))
    assert category.tolist() == [hash64("c2"), hash64("c1")]
    assert share.tolist() == [0.75, 0.25]


def test_only_the_three_leading_categories_are_asked(build):
    events = [(f"i{n}", VIEW, n * 24, f"c{n}") for n in range(5)]
    _, category, _ = affinities(build.view(build.due([events])))
    assert category.tolist() == [hash64("c0"), hash64("c1"), hash64("c2")]
