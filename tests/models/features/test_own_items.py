"""The things a user knows, beside each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import NOW_MS, attributes_of, state_of

from models.features import own_items
from models.features.pairs import Around, nothing_told, pair_view
from schemas.vocabulary import EventType

HOUR_MS = 3_600_000
VIEW, CART = int(EventType.VIEW), int(EventType.CART)
Raw = list[tuple[int, int, int]]


def told(raws: list[Raw], due: list[int], items: list[int]) -> list[dict[str, float]]:
    """Features of pairs; the state's item i has hash i + 1."""
    hashes = np.array(items, np.uint64) + np.uint64(1)
    view = pair_view(
        state_of(raws), np.array(due), hashes, np.zeros(len(due), np.uint64),
        attributes_of(hashes), nothing_told, np.zeros(len(due), np.float32),
        np.full(len(raws), NOW_MS), Around.unknown(len(raws)),
    )  # fmt: skip
    rows = own_items.compute(view)
    return [dict(zip(own_items.NAMES, row, strict=True)) for row in rows.tolist()]


def ago(*acts: tuple[float, int, int]) -> Raw:
    """Events from (hours ago, kind, item)."""
    return [(NOW_MS - int(hours * HOUR_MS), kind, item) for hours, kind, item in acts]


def test_what_comes_next_is_read_from_the_way_back_and_forth() -> None:
    raw = ago((4, VIEW, 1), (3, VIEW, 2), (2, CART, 1), (1, VIEW, 2))
    one, two = told([raw], [0, 0], [1, 2])
    assert (one["own_steps_back"], two["own_steps_back"]) == (1, 0)
    assert (one["own_before_newest"], one["own_after_newest"]) == (2, 1)
    assert (two["own_before_newest"], two["own_after_newest"]) == (0, 0)
    assert (one["own_recency_place"], two["own_recency_place"]) == (1, 0)
    assert (one["own_newest_act"], two["own_newest_act"]) == (CART, VIEW)
    assert (one["own_cart_h"], one["own_cart_place"]) == (2, 0)
    assert one["own_dwell_h"] == two["own_dwell_h"] == 1
    assert one["hours_idle"] == two["hours_idle"] == 1


def test_strength_fades_and_gives_the_place() -> None:
    raw = ago((3, VIEW, 1), (0, VIEW, 2))
    one, two = told([raw], [0, 0], [1, 2])
    assert one["own_strength_3h"] == pytest.approx(0.5)
    assert two["own_strength_3h"] == 1
    assert (one["own_place_3h"], two["own_place_3h"]) == (1, 0)


def test_an_item_never_met_has_no_place_among_those_that_were() -> None:
    known, new = told([ago((1, VIEW, 1))], [0, 0], [1, 7])
    assert known["own_recency_place"] == 0
    own = [name for name in own_items.NAMES if name.startswith("own_")]
    assert all(np.isnan(new[name]) for name in own)


def test_somebody_who_did_nothing_has_no_features() -> None:
    (row,) = told([[]], [0], [1])
    assert np.isnan(row["hours_idle"])
    assert not row["category_is_newest"]


ACTS = st.lists(
    st.tuples(st.floats(0.1, 90), st.sampled_from([VIEW, CART]), st.integers(0, 4)), max_size=12
)


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(ACTS, min_size=2, max_size=3))
def test_a_user_is_the_same_alone_and_beside_others(
    users: list[list[tuple[float, int, int]]],
) -> None:
    raws = [ago(*sorted(acts, reverse=True)) for acts in users]
    items = list(range(5))
    together = told(raws, np.repeat(np.arange(len(raws)), 5).tolist(), items * len(raws))
    for user, raw in enumerate(raws):
        alone = told([raw], [0] * 5, items)
        np.testing.assert_equal(alone, together[user * 5 : user * 5 + 5])
