"""The hazard of buying again, on a few hand-made purchases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.made_up import CATEGORIES, DAY_MS, NOW_MS, attributes_of, state_of

from models.features import repurchase
from models.features.pairs import Around, nothing_told, pair_view
from schemas.vocabulary import EventType

BUY, VIEW = int(EventType.PURCHASE), int(EventType.VIEW)
USUAL = repurchase.USUAL_DAYS


def pair(raw: list[tuple[int, int, int]], item: int, usual_d: float = np.nan) -> dict[str, float]:
    def told(categories):
        facts = nothing_told(categories)
        facts["repurchase_d"] = usual_d
        return facts

    items = np.array([item + 1], np.uint64)
    view = pair_view(
        state_of([raw]), np.zeros(1, np.int64), items, np.zeros(1, np.uint64),
        attributes_of(items), told, np.array([0.5], np.float32), np.array([NOW_MS]), Around.unknown(1),
    )  # fmt: skip
    return dict(zip(repurchase.NAMES, repurchase.compute(view)[0].tolist(), strict=True))


def bought(*days_ago: float, item: int = 3) -> list[tuple[int, int, int]]:
    return [(round(NOW_MS - days * DAY_MS), BUY, item) for days in days_ago]


def test_without_a_purchase_there_is_no_hazard() -> None:
    found = pair([(NOW_MS - 1, VIEW, 3)], 3)
    assert math.isnan(found["hours_since_bought_item"])
    assert math.isnan(found["repurchase_hazard_item"])
    assert found["repurchase_days_item"] == pytest.approx(USUAL)


def test_the_interval_is_shrunk_from_the_users_own_to_the_usual() -> None:
    found = pair(bought(30, 20, 10), 3)
    expected = math.exp((2 * math.log(10) + 2 * math.log(USUAL)) / 4)
    assert found["repurchase_days_item"] == pytest.approx(expected)
    assert found["hours_since_bought_item"] == pytest.approx(240)
    assert found["repurchase_hazard_item"] == pytest.approx(2 * 10 / (expected**2 + 100))


def test_what_the_learner_knows_of_the_category_replaces_the_usual() -> None:
    assert pair(bought(5), 3, usual_d=7.0)["repurchase_days_category"] == pytest.approx(7.0)


def test_the_category_counts_its_other_items_the_item_does_not() -> None:
    found = pair(bought(8, item=3) + bought(2, item=3 + CATEGORIES), 3)
    assert found["hours_since_bought_item"] == pytest.approx(8 * 24)
    assert found["hours_since_bought_category"] == pytest.approx(2 * 24)
    assert found["repurchase_days_category"] < found["repurchase_days_item"]


def test_lines_of_one_order_are_no_interval() -> None:
    found = pair(bought(8, item=3) + bought(8, item=3 + CATEGORIES), 3)
    assert found["repurchase_days_category"] == pytest.approx(USUAL)


def test_the_hazard_is_highest_around_the_usual_interval() -> None:
    soon, due, late = (
        pair(bought(days), 3)["repurchase_hazard_item"] for days in (0.1, USUAL, 900)
    )
    assert soon < due > late
