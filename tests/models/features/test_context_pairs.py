"""How an item fits where the user is: shops, stock, language, offers, fair price, interests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.examples import examples
from support.made_up import NOW_MS, random_state, state_of, with_context

from models.features import CONTRACT, Around, pair_features, user_features, whereabouts
from models.features.pairs import nothing_told
from schemas.ids import hash64
from schemas.state import UserState
from schemas.vocabulary import ContextField
from streams.knowledge.catalogue import Catalogue
from streams.pipeline.accept.cells import coarse_cell

HOUR_MS = 3_600_000
BERLIN, MUNICH = (52.52, 13.405), (48.137, 11.575)
CELL = coarse_cell(*BERLIN, 5)
USER = {
    ContextField.CELL: CELL, ContextField.COUNTRY: "DE", ContextField.LOCALE: "de-DE",
    ContextField.INTEREST_1: "garden", ContextField.INTEREST_2: "books",
}  # fmt: skip
TEXTS = {hash64(text): text for text in (*USER.values(), "FR", "en-GB", "AU", "US")}


def catalogue(**told: Any) -> Catalogue:
    import json

    made = Catalogue()
    record = {"item_id": "x", "ts": NOW_MS - HOUR_MS} | told
    assert made.apply(b"x", json.dumps(record).encode(), 0) is None
    return made


def pair(
    made: Catalogue, told: dict[ContextField, str] = USER, zone: str = "Europe/Berlin"
) -> dict[str, float]:
    state = with_context(state_of([[]]), [told], NOW_MS - HOUR_MS)
    rows = rows_of(state, made, zone)[1]
    return dict(zip(CONTRACT.pair, rows[0].tolist(), strict=True))


def rows_of(
    state: UserState, made: Catalogue, zone: str = "UTC"
) -> tuple[NDArray[np.float32], ...]:
    users, where = len(state), whereabouts(state, TEXTS.get)
    items = np.full(users, hash64("x"), np.uint64)
    now_ms, zones = np.full(users, NOW_MS), [zone] * users
    pairs = pair_features(
        state, np.arange(users), items, np.zeros(users, np.uint64), made.attributes(items, NOW_MS),
        np.ones(users, np.float32), now_ms, nothing_told, Around(zones, where, made.places),
    )  # fmt: skip
    return user_features(state, now_ms, zones, where), pairs


def shop(point: tuple[float, float], hours: str | None) -> dict[str, Any]:
    return {"lat": point[0], "lon": point[1], "hours": hours}


@pytest.mark.parametrize(
    ("stores", "open_near", "km"),
    [
        ([shop(BERLIN, "24/7"), shop(MUNICH, "24/7")], 1, 8),
        ([shop(BERLIN, "Mo-Fr 09:00-18:00")], 0, 8),  # it is Saturday night
        ([shop(MUNICH, "24/7")], 0, 504),
        ([shop(BERLIN, None)], np.nan, 8),
        (None, np.nan, np.nan),
    ],
)
def test_shops_near_and_open(stores: Any, open_near: float, km: float) -> None:
    found = pair(catalogue(stores=stores))
    assert found["shop_open_near"] == pytest.approx(open_near, nan_ok=True)
    assert np.expm1(found["shop_km_log"]) == pytest.approx(km, abs=10, nan_ok=True)
    nobody_knows = pair(catalogue(stores=stores), {})
    assert np.isnan(nobody_knows["shop_km_log"])
    assert np.isnan(nobody_knows["shop_open_near"])


def test_a_warehouse_in_the_users_country() -> None:
    near = catalogue(stock_by_warehouse={"DE-BER": 3, "CN": 500})
    far = catalogue(stock_by_warehouse={"DE-BER": 0, "CN": 500})
    assert (pair(near)["stock_in_country"], pair(far)["stock_in_country"]) == (1, 0)
    assert np.isnan(pair(near, {})["stock_in_country"])
    assert np.isnan(pair(catalogue(stock=5))["stock_in_country"])
    assert pair(catalogue(regions=["FR", "DE"]))["sold_in_country"] == 1
    assert pair(catalogue(regions=["FR"]))["sold_in_country"] == 0


def test_language() -> None:
    assert pair(catalogue(language="de"))["language_match"] == 1
    assert pair(catalogue(language="en-GB"))["language_match"] == 0
    assert np.isnan(pair(catalogue())["language_match"])
    assert np.isnan(pair(catalogue(language="de"), {})["language_match"])


def test_offers_run_until_their_end() -> None:
    running = pair(catalogue(offer={"kind": "sale", "until": NOW_MS + 10 * HOUR_MS}))
    assert running["offer_active"] == 1
    assert np.expm1(running["offer_hours_left_log"]) == pytest.approx(10)
    over = pair(catalogue(offer={"kind": "sale", "until": NOW_MS}))
    assert over["offer_active"] == 0
    assert np.isnan(over["offer_hours_left_log"])
    assert np.isnan(pair(Catalogue())["offer_active"])


def test_interests_of_the_profile() -> None:
    assert pair(catalogue(category_id="books"))["interest_match"] == 1
    assert pair(catalogue(category_id="cars"))["interest_match"] == 0
    assert np.isnan(pair(catalogue())["interest_match"])
    assert np.isnan(pair(catalogue(category_id="books"), {})["interest_match"])


def test_condition_and_volume() -> None:
    found = pair(catalogue(condition="Like_New", size="30 x 20 x 10 cm"))
    assert found["condition"] == 3
    assert np.expm1(found["volume_log"]) == pytest.approx(6)
    unknown = pair(catalogue(condition="mint", size="XL"))
    assert np.isnan(unknown["condition"])
    assert np.isnan(unknown["volume_log"])


def test_the_year_where_the_user_is() -> None:
    def year(told: dict[ContextField, str]) -> dict[str, float]:
        state = with_context(state_of([[]]), [told], NOW_MS - HOUR_MS)
        row = rows_of(state, Catalogue())[0][0]
        return dict(zip(CONTRACT.user, row.tolist(), strict=True))

    germany, australia = year({ContextField.COUNTRY: "DE"}), year({ContextField.COUNTRY: "AU"})
    assert germany["season_cos"] == pytest.approx(-australia["season_cos"], abs=1e-6)
    assert germany["days_to_holiday"] == 6  # 28 March 2026; Good Friday is on 3 April
    assert germany["holiday_today"] == 0
    assert year({ContextField.CELL: CELL})["season_sin"] == pytest.approx(germany["season_sin"])
    nobody = year({})
    assert all(np.isnan(nobody[name]) for name in ("season_sin", "season_cos", "days_to_holiday"))


IRRELEVANT = {
    ContextField.APP_VERSION: ("1.0", "2.0"), ContextField.CONSENT_PUSH: ("granted", "denied"),
    ContextField.SEGMENT_1: ("gold", "new"), ContextField.REGION: ("BE", "BY"),
}  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(IRRELEVANT)), st.integers(0, 1))
def test_an_irrelevant_field_changes_no_feature_and_so_no_score(
    seed: int, which: ContextField, value: int
) -> None:
    made = catalogue(stores=[shop(BERLIN, "24/7")], language="de", category_id="books")
    plain = with_context(random_state(seed, 1, 20), [USER], NOW_MS - HOUR_MS)
    told = USER | {which: IRRELEVANT[which][value]}
    changed = with_context(random_state(seed, 1, 20), [told], NOW_MS - HOUR_MS)
    for before, after in zip(rows_of(plain, made), rows_of(changed, made), strict=True):
        assert before.tobytes() == after.tobytes()


@settings(max_examples=examples(100), deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(ContextField)), st.sampled_from(["", "?", *TEXTS.values()])),
    st.fixed_dictionaries({}, optional={
        "price_minor": st.integers(0, 10**6), "size": st.text(max_size=12), "condition": st.text(max_size=8),
        "language": st.text(st.characters(codec="ascii"), max_size=5), "regions": st.lists(st.just("DE")), "stock_by_warehouse": st.just({"": 1}),
    }),
)  # fmt: skip
def test_whatever_is_missing_or_nonsense_nothing_raises(
    told: Any, attributes: dict[str, Any]
) -> None:
    state = with_context(state_of([[]]), [told], NOW_MS - HOUR_MS)
    for rows in rows_of(state, catalogue(**attributes)):
        assert not np.isinf(rows).any()
