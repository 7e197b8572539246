"""Each user family on a few hand-made events."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from support.made_up import DAY_MS, NOW_MS, ragged, state_of, with_context

from models.features import context_fields, frequency, hour_weekday, interests, recency, short_long
from models.features.view import user_view
from schemas.ids import hash64
from schemas.money import NO_CURRENCY, currency_number
from schemas.state import CONTEXT, UserState
from schemas.vocabulary import ContextField, EventType, Scene

HOUR_MS = 3_600_000
VIEW, CART, REMOVE, BUY = (
    int(kind)
    for kind in (EventType.VIEW, EventType.CART, EventType.REMOVE_CART, EventType.PURCHASE)
)


def features(
    family: ModuleType, state: UserState, zone: str = "UTC", now_ms: int = NOW_MS
) -> dict[str, float]:
    rows = family.compute(user_view(state, np.full(len(state), now_ms), [zone] * len(state)))
    return dict(zip(family.NAMES, rows[0].tolist(), strict=True))


def test_recency_is_exact_for_kept_events_and_by_tile_for_forgotten_ones() -> None:
    raw = [(NOW_MS - 5 * HOUR_MS - 1_000, BUY, 1), (NOW_MS - 90_000, VIEW, 1)]
    kept = features(recency, state_of([raw]))
    assert kept["hours_since_any"] == kept["hours_since_view"] == 90_000 / HOUR_MS
    assert kept["hours_since_purchase"] == pytest.approx(5 + 1 / 3600, abs=1e-9)
    forgotten = features(recency, state_of([raw], keep=1))
    assert 5 < forgotten["hours_since_purchase"] <= 5.25
    assert np.isnan(kept["hours_since_cart"])


def test_recency_of_a_phone_whose_clock_is_ahead_is_now() -> None:
    ahead = NOW_MS // 900_000 * 900_000 + 899_000
    assert (
        features(recency, state_of([[(ahead, VIEW, 1)]]), now_ms=ahead - 60_000)["hours_since_view"]
        == 0
    )


def test_what_starts_after_now_is_not_seen() -> None:
    state = state_of([[(NOW_MS + DAY_MS, VIEW, 1)]])
    assert np.isnan(features(recency, state)["hours_since_any"])
    assert features(interests, state)["distinct_items"] == 0


def test_frequency_counts_distinct_units_of_time() -> None:
    minutes = (1, 2, 20, 70, 26 * 60, 9 * 24 * 60)
    raw = [(NOW_MS - m * 60_000, VIEW, 1) for m in minutes]
    found = features(frequency, state_of([raw]))
    assert found["active_tiles_1d"] == 3
    assert found["active_tiles_7d"] == 4
    assert found["active_hours_7d"] == 3
    assert (found["active_days_7d"], found["active_days_30d"]) == (2, 3)
    assert (found["days_known"], found["events_total"]) == (9, 6)


def test_days_are_the_users_days() -> None:
    midnight = 1_774_656_000_000  # Saturday 28 March 2026, 00:00 UTC
    raw = [(midnight - HOUR_MS, VIEW, 1), (midnight + HOUR_MS, VIEW, 1)]
    state = state_of([raw])
    assert features(frequency, state, "UTC")["active_days_7d"] == 2
    assert features(frequency, state, "Asia/Kathmandu")["active_days_7d"] == 1


def test_a_clock_set_back_over_midnight_adds_no_day() -> None:
    change = 1_761_426_000_000  # 26 October 2025, 00:00 in Beirut becomes 23:00 of the 25th
    raw = [(change + m * 60_000, VIEW, 1) for m in (-50, -20, 10, 40, 70)]
    now_ms = change + 2 * HOUR_MS
    assert features(frequency, state_of([raw]), "Asia/Beirut", now_ms)["active_days_7d"] == 2


def test_a_steady_rate_has_ratio_one() -> None:
    raw = [(NOW_MS - h * HOUR_MS - 1, VIEW, 1) for h in range(7 * 24)]
    found = features(short_long, state_of([raw]))
    assert found["rate_1d_over_7d"] == pytest.approx(1.0, abs=0.05)  # starts are floored
    assert np.isnan(features(short_long, state_of([[]]))["rate_1d_over_7d"])


def test_hour_and_weekday_are_local() -> None:
    found = features(hour_weekday, state_of([[]]), "Asia/Kathmandu")  # 03:35 on Sunday
    assert (found["local_hour"], found["weekday"]) == (3.5, 6)
    assert found["local_hour_sin"] == pytest.approx(np.sin(2 * np.pi * 3.5 / 24))
    assert found["share_this_hour"] == pytest.approx(1 / 24)
    assert found["share_this_weekday"] == pytest.approx(1 / 7)


def test_shares_lean_to_where_the_user_is_active() -> None:
    raw = [(NOW_MS - d * DAY_MS, VIEW, 1) for d in range(1, 25)]
    found = features(hour_weekday, state_of([raw]))
    assert found["share_this_hour"] == pytest.approx((24 + 8 / 24) / 32)
    assert found["share_next_3_hours"] == pytest.approx((24 + 1) / 32)


def test_an_open_cart_was_neither_emptied_nor_bought() -> None:
    moves = [(9, CART, 1), (8, CART, 2), (7, REMOVE, 2), (6, CART, 3), (5, BUY, 3), (4, CART, 2)]
    found = features(interests, state_of([[(NOW_MS - m * 60_000, k, i) for m, k, i in moves]]))
    assert found["open_carts"] == 2
    assert (found["distinct_items"], found["distinct_categories"]) == (3, 3)


def test_the_mean_price_is_of_the_latest_currency_alone() -> None:
    state = state_of([[(NOW_MS - 3, VIEW, 2), (NOW_MS - 2, VIEW, 4), (NOW_MS - 1, VIEW, 0)]])
    state.events.data["currency"][0] = currency_number("JPY")
    assert features(interests, state)["mean_price_minor"] == 399
    state.events.data["currency"] = NO_CURRENCY
    assert np.isnan(features(interests, state)["mean_price_minor"])


def test_the_mean_price_skips_what_has_no_price() -> None:
    raw = [(NOW_MS - 1, VIEW, 0), (NOW_MS - 2, VIEW, 2), (NOW_MS - 3, VIEW, 4)]
    assert features(interests, state_of([raw]))["mean_price_minor"] == (199 + 399) / 2
    assert np.isnan(features(interests, state_of([[]]))["mean_price_minor"])


def test_context_is_one_hot_and_unknown_is_not_a_number() -> None:
    told = {ContextField.DEVICE: "mobile", ContextField.PLACE: "moon", ContextField.COUNTRY: "GB"}
    found = features(context_fields, with_context(state_of([[]]), [told], NOW_MS - HOUR_MS))
    assert (found["device_mobile"], found["device_desktop"]) == (1, 0)
    assert found["place_home"] == found["place_store"] == 0
    assert np.isnan(found["network_wifi"])
    assert (found["country_known"], found["context_age_h"]) == (1, 1)


def test_a_cleared_field_is_not_known() -> None:
    state = state_of([[]])
    cleared = np.array([(NOW_MS, 1, 0, ContextField.DEVICE)], CONTEXT)
    state.context = ragged([cleared], CONTEXT)
    assert np.isnan(features(context_fields, state)["device_mobile"])


@pytest.mark.parametrize(("age_h", "known"), [(0, True), (6, True), (7, False)])
def test_a_told_scene_is_forgotten_after_hours(age_h: int, known: bool) -> None:
    told = {ContextField.SCENE: "in_store"}
    state = with_context(state_of([[]]), [told], NOW_MS - age_h * HOUR_MS)
    found = features(context_fields, state)["scene_told"]
    assert found == Scene.IN_STORE if known else np.isnan(found)


@pytest.mark.parametrize(
    ("field", "superseded"), [(ContextField.PLACE, True), (ContextField.NETWORK, True), (ContextField.DEVICE, False)]
)  # fmt: skip
def test_a_told_scene_ends_with_the_next_word_of_place_or_network(
    field: ContextField, superseded: bool
) -> None:
    state = state_of([[]])
    rows = [
        (NOW_MS - HOUR_MS, 1, hash64("mobile_commute"), ContextField.SCENE),
        (NOW_MS - HOUR_MS // 2, 2, hash64("x"), field),
    ]
    state.context = ragged([np.array(sorted(rows, key=lambda row: row[3]), CONTEXT)], CONTEXT)
    assert np.isnan(features(context_fields, state)["scene_told"]) == superseded


def test_a_scene_of_another_vocabulary_is_not_told() -> None:
    state = with_context(state_of([[]]), [{ContextField.SCENE: "on_the_moon"}], NOW_MS)
    assert hash64("on_the_moon") in state.context.data["value"]
    assert np.isnan(features(context_fields, state)["scene_told"])
