from __future__ import annotations

import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates.neighbours import SOURCE
from streams.pipeline.candidates.similar import SEEDS, seeds
from streams.settings import Settings

VIEW = EventType.VIEW


def started(view):
    return seeds(view, view.touches.take(view.touches.weight > 0))


def test_similarities_are_summed_over_the_seeds_by_recency(build):
    due = build.due([[("a", VIEW, 2), ("b", VIEW, 1)]])
    shared = build.shared(neighbours={"a": {"x": 0.5, "y": 0.1}, "b": {"x": 0.25}})
    found = build.rows(SOURCE.propose(due, shared, Settings()))
    x, y = 0.25 + 0.8 * 0.5, 0.8 * 0.1
    assert found == {
        (0, hash64("x")): pytest.approx(0.6 * x / (1 + x), rel=1e-6),
        (0, hash64("y")): pytest.approx(0.6 * y / (1 + y), rel=1e-6),
    }


def test_the_item_of_the_trigger_is_the_first_seed(build):
    due = build.due([[("a", VIEW, 2), ("b", VIEW, 1)]], [TriggerKind.CART_LEFT], ["a"])
    start = started(build.view(due))
    assert start.item.tolist() == [hash64("a"), hash64("b")]
    assert start.weight().tolist() == pytest.approx([1, 0.8])


def test_only_the_latest_items_are_seeds_each_once(build):
    events = [(f"i{n % 15}", VIEW, 40 - n) for n in range(30)]
    start = started(build.view(build.due([events])))
    latest = [hash64(f"i{n}") for n in range(14, 14 - SEEDS, -1)]
    assert start.item.tolist() == latest


def test_a_purchase_is_a_seed_but_its_return_is_not(build):
    due = build.due([[("a", EventType.PURCHASE, 2), ("b", EventType.RETURN, 1)]])
    assert started(build.view(due)).item.tolist() == [hash64("a")]
