from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.places import NOWHERE, Places, is_open

BERLIN, MUNICH = (52.52, 13.405), (48.137, 11.575)


def local(text: str) -> int:
    """A wall-clock time as the features count it."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "at", "open_now"),
    [
        ("Mo-Sa 09:00-18:00", "2026-03-28T09:00", 1),  # a Saturday
        ("Mo-Sa 09:00-18:00", "2026-03-28T08:45", 0),
        ("Mo-Sa 09:00-18:00", "2026-03-28T18:00", 0),
        ("Mo-Sa 09:00-18:00", "2026-03-29T12:00", 0),
        ("Mo-Fr 22:00-02:00", "2026-03-28T01:30", 1),
        ("24/7", "2026-03-29T03:00", 1),
    ],
)
def test_opening_hours(hours: str, at: str, open_now: int) -> None:
    assert is_open(hours, local(at)) == open_now


@given(st.text(max_size=30), st.integers(0, 2**42))
def test_hours_nobody_can_read_are_not_known(text: str, local_ms: int) -> None:
    assert is_open(text, local_ms) in (0, 1) or math.isnan(is_open(text, local_ms))
    assert math.isnan(is_open(None, local_ms))


def test_distances_are_great_circles() -> None:
    places = Places()
    shops = places.shops[places.shop_set([(*BERLIN, None), (*MUNICH, None)])]
    assert shops is not None
    assert shops.km(*BERLIN).tolist() == pytest.approx([0, 504], abs=2)


def test_equal_sets_are_kept_once_and_untold_ones_not_at_all() -> None:
    places = Places()
    first = places.shop_set([(*BERLIN, "24/7")])
    assert places.shop_set([(*BERLIN, "24/7")]) == first != NOWHERE
    assert places.shop_set([]) == places.shop_set(None) == NOWHERE
    near = places.country_set(["de-BER-1", "FR"])
    assert places.countries[near] == {"DE", "FR"}
    assert places.country_set(["FR", "DE"]) == near
    assert places.country_set([]) != NOWHERE  # told: nowhere


def test_hours_longer_than_a_map_has_them_are_not_read() -> None:
    times = ["Th 00:00-01:00"] * 17  # 1970 began on a Thursday
    assert len("; ".join(times[:16])) == 254
    assert is_open("; ".join(times[:16]), 0) == 1
    assert math.isnan(is_open("; ".join(times), 0))
