"""Affinity and attributes of hand-made pairs."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import NOW_MS, attributes_of, state_of

from models.features import CONTRACT, pair_features
from models.features.affinity import HALF_LIVES_H, WEIGHTS
from models.features.pairs import Around, nothing_told
from schemas.money import NO_CURRENCY, currency_number
from schemas.vocabulary import EventType

HOUR_MS = 3_600_000
TILE_MS = 900_000
VIEW, CART, BUY, RETURN = (
    int(kind) for kind in (EventType.VIEW, EventType.CART, EventType.PURCHASE, EventType.RETURN)
)


def pair(raw: list[tuple[int, int, int]], item: int, category: int = 0) -> dict[str, float]:
    """Features of one user and item; the state's item i has hash i + 1."""
    items = np.array([item + 1], np.uint64)
    rows = pair_features(
        state_of([raw]), np.zeros(1, np.int64), items, np.array([category], np.uint64),
        attributes_of(items), np.array([0.25], np.float32), np.array([NOW_MS]), nothing_told, Around.unknown(1),
    )  # fmt: skip
    return dict(zip(CONTRACT.pair, rows[0].tolist(), strict=True))


def test_affinity_is_the_decayed_weight_of_what_was_done() -> None:
    raw = [(NOW_MS - 6 * HOUR_MS, CART, 3), (NOW_MS - 1, VIEW, 3), (NOW_MS - 1, VIEW, 9)]
    found = pair(raw, 3)
    ages = [NOW_MS // TILE_MS - ts // TILE_MS for ts, _, _ in raw]
    for half in HALF_LIVES_H:
        decay = [2.0 ** (-age / (4 * half)) for age in ages]
        item = WEIGHTS[EventType.CART] * decay[0] + decay[1]
        assert found[f"affinity_item_{half}h"] == pytest.approx(item, rel=1e-6)
        # Items 3 and 9 are both in category 3.
        assert found[f"affinity_category_{half}h"] == pytest.approx(item + decay[2], rel=1e-6)
    assert found["category_share"] == 1
    assert (found["item_views"], found["item_carts"], found["item_purchases"]) == (1, 1, 0)
    assert found["hours_since_item"] == pytest.approx(1 / HOUR_MS)


def test_a_returned_purchase_leaves_no_affinity() -> None:
    raw = [(NOW_MS - 2, BUY, 3), (NOW_MS - 1, RETURN, 3)]
    assert pair(raw, 3)["affinity_item_72h"] == 0


def test_a_stranger_has_no_recency() -> None:
    found = pair([(NOW_MS - 1, VIEW, 2)], 3)
    assert np.isnan(found["hours_since_item"])
    assert found["item_views"] == found["affinity_item_6h"] == 0
    assert np.isnan(pair([], 3)["category_share"])


def test_two_unknown_categories_are_not_the_same() -> None:
    raw = [(NOW_MS - 1, VIEW, 2)]
    state = state_of([raw])
    state.events.data["category"] = 0
    items = np.array([5], np.uint64)  # not in the catalogue
    rows = pair_features(
        state, np.zeros(1, np.int64), items, np.zeros(1, np.uint64), attributes_of(items),
        np.zeros(1, np.float32), np.array([NOW_MS]), nothing_told, Around.unknown(1),
    )  # fmt: skip
    assert rows[0, CONTRACT.pair.index("affinity_category_6h")] == 0


def test_attributes_are_logs_and_what_is_missing_is_not_a_number() -> None:
    found = pair([(NOW_MS - 1, VIEW, 4)], 6)  # hash 7: in the catalogue
    assert found["price_log"] == pytest.approx(np.log1p(7 * 137))
    assert found["price_over_user_mean_log"] == pytest.approx(
        np.log1p(959) - np.log1p(399), rel=1e-5
    )
    assert found["weight_log"] == pytest.approx(np.log1p(343))
    assert (found["stock_known"], found["in_stock"], found["in_catalog"]) == (1, 1, 1)
    assert found["item_age_d"] == 7
    assert np.isnan(found["seller_rating"])
    gone = pair([], 4)  # hash 5: not in the catalogue
    assert (gone["in_catalog"], gone["stock_known"]) == (0, 0)
    assert all(
        np.isnan(gone[name]) for name in ("price_log", "weight_log", "in_stock", "item_age_d")
    )


def test_what_a_user_usually_pays_is_compared_in_one_currency_only() -> None:
    state, items = state_of([[(NOW_MS - 1, VIEW, 4)]]), np.array([7], np.uint64)
    attributes = attributes_of(items)
    for currency in (currency_number("JPY"), NO_CURRENCY):
        attributes["currency"] = currency
        rows = pair_features(
            state, np.zeros(1, np.int64), items, np.zeros(1, np.uint64), attributes,
            np.zeros(1, np.float32), np.array([NOW_MS]), nothing_told, Around.unknown(1),
        )  # fmt: skip
        assert np.isnan(rows[0, CONTRACT.pair.index("price_over_user_mean_log")])


def test_the_source_score_is_passed_on() -> None:
    assert pair([], 3)["source_score"] == 0.25
