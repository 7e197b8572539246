"""Local time against `zoneinfo`, zone by zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.features.calendar import zone_or, zone_table

EVERY_ZONE = sorted(available_timezones() - {"localtime", "Factory"})
INSTANTS = st.integers(1_000_000_000, 2_200_000_000)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def expected_start(now_ms: int, zone: str, days: int) -> int:
    """The PEP 495 reading of "the same wall time, days earlier"."""
    local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone))
    wall = local.replace(tzinfo=None, fold=0) - timedelta(days=days)
    return round(wall.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def start(now_ms: int, zone: str, days: int) -> int:
    index, table = zone_table([zone], now_ms - 40 * 86_400_000, now_ms)
    return int(table.days_earlier(index, np.array([now_ms]), days)[0])


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVERY_ZONE), INSTANTS), min_size=1, max_size=5))
def test_offsets_are_those_of_zoneinfo(asked: list[tuple[str, int]]) -> None:
    zones, seconds = [zone for zone, _ in asked], np.array([s for _, s in asked])
    index, table = zone_table(zones, int(seconds.min()) * 1000, int(seconds.max()) * 1000)
    found = table.offset_ms(index, seconds * 1000)
    for zone, second, offset in zip(zones, seconds.tolist(), found.tolist(), strict=True):
        delta = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
        assert delta is not None
        assert offset == delta.total_seconds() * 1000


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(EVERY_ZONE), INSTANTS, st.sampled_from([1, 7, 30]))
def test_days_earlier_is_the_same_wall_time(zone: str, second: int, days: int) -> None:
    assert start(second * 1000, zone, days) == expected_start(second * 1000, zone, days)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_quarter_hour_around_a_change_is_right(zone: str, year: int) -> None:
    first = datetime(year, 1, 1, tzinfo=UTC)
    changes = [
        day
        for day in (first + timedelta(days=i) for i in range(364))
        if day.astimezone(ZoneInfo(zone)).utcoffset()
        != (day + timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset()
    ]
    assert len(changes) == 2
    for day in changes:
        for quarter in range(-96, 2 * 96 + 96):
            now_ms = round(day.timestamp() * 1000) + quarter * 900_000
            assert start(now_ms, zone, 1) == expected_start(now_ms, zone, 1)


@pytest.mark.parametrize(
    ("now", "zone", "begin", "why"),
    [
        ("2026-03-29T12:00:00+01:00", "Europe/London", "2026-03-28T12:00:00+00:00", "23 hours"),
        ("2026-10-25T12:00:00+00:00", "Europe/London", "2026-10-24T12:00:00+01:00", "25 hours"),
        ("2026-03-30T01:30:00+01:00", "Europe/London", "2026-03-29T02:30:00+01:00", "gap: forward"),
        ("2026-10-26T01:30:00+00:00", "Europe/London", "2026-10-25T01:30:00+01:00", "fold: first"),
        (
            "2026-04-06T01:45:00+10:30",
            "Australia/Lord_Howe",
            "2026-04-05T01:45:00+11:00",
            "half hour",
        ),
        ("2011-12-31T10:00:00+14:00", "Pacific/Apia", "2011-12-31T10:00:00+14:00", "no such day"),
        ("2026-03-29T12:00:00+05:45", "Asia/Kathmandu", "2026-03-28T12:00:00+05:45", "no change"),
    ],
)
def test_a_day_earlier_on_the_days_that_go_wrong(now: str, zone: str, begin: str, why: str) -> None:
    assert start(ms(now), zone, 1) == ms(begin), why


def test_an_unknown_zone_is_the_default() -> None:
    told = ["Europe/Paris", "Mars/Base", "", None, "../etc/passwd"]
    assert [zone_or(name, "UTC") for name in told] == ["Europe/Paris", "UTC", "UTC", "UTC", "UTC"]
