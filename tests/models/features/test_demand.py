"""What an epoch tells of a category becomes features of its items."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.made_up import NOW_MS, attributes_of, state_of

from models.features import demand
from models.features.pairs import Around, FactsOf, nothing_told, pair_view
from schemas.globals import Demand
from schemas.tables import CATEGORY_FACTS
from streams.knowledge.demand_view import DemandView


def features(facts_of: FactsOf) -> dict[str, float]:
    items = np.array([4], np.uint64)  # of category 1004
    view = pair_view(
        state_of([[]]), np.zeros(1, np.int64), items, np.zeros(1, np.uint64),
        attributes_of(items), facts_of, np.array([0.5], np.float32), np.array([NOW_MS]), Around.unknown(1),
    )  # fmt: skip
    return dict(zip(demand.NAMES, demand.compute(view)[0].tolist(), strict=True))


def told(**columns: float) -> FactsOf:
    packed = {name: np.array([0.0, value], "<f4").tobytes() for name, value in columns.items()}
    keys = np.array([0, 1004], "<u8").tobytes()
    return DemandView.decode(Demand(keys=keys, **packed)).facts_of


def test_without_an_epoch_nothing_is_known() -> None:
    assert all(math.isnan(value) for value in features(nothing_told).values())


def test_the_category_of_the_item_is_asked_for() -> None:
    found = features(
        told(hour_trend=2.5, day_trend=-1.0, day_observed=29.0, day_expected=9.0, season=0.25)
    )
    assert found["category_hour_trend"] == 2.5
    assert found["category_day_trend"] == -1.0
    assert found["category_day_ratio_log"] == pytest.approx(math.log(3), rel=1e-6)
    assert found["category_season_log"] == 0.25


def test_columns_that_an_older_epoch_did_not_have_are_not_known() -> None:
    found = features(told(hour_trend=1.0))
    assert found["category_hour_trend"] == 1.0
    assert math.isnan(found["category_season_log"])


def test_every_fact_has_a_column() -> None:
    facts = told(repurchase_days=9.0)(np.array([1004, 7], np.uint64))
    assert facts.dtype == CATEGORY_FACTS
    assert facts["repurchase_d"][0] == 9.0
    assert math.isnan(facts["repurchase_d"][1])
