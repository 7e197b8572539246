"""Windows against a brute-force count over the raw events."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import DAY_MS, ZONES, state_of

from models.features import window_counts
from models.features.view import WINDOWS, user_view
from schemas.state import TILE_MS
from schemas.vocabulary import EventType

CHANGES_MS = [  # noon after a clock change in one of the zones, and a leap day
    round(datetime.fromisoformat(text).timestamp() * 1000)
    for text in (
        "2026-03-29T12:00:00+00:00", "2026-10-25T12:00:00+00:00", "2026-03-08T17:00:00+00:00",
        "2026-11-01T17:00:00+00:00", "2026-04-05T02:00:00+00:00", "2011-12-30T22:00:00+00:00",
        "2024-02-29T12:00:00+00:00",
    )
]  # fmt: skip
AGES_MS = st.integers(-2 * 3_600_000, 31 * DAY_MS) | st.integers(22 * 3_600_000, 26 * 3_600_000)
EVENT = st.tuples(AGES_MS, st.sampled_from(list(EventType)))


def brute(raw: list[tuple[int, int, int]], now_ms: int, zone: str) -> dict[str, int]:
    """Count events one by one, with the calendar of `datetime`."""
    counted = {}
    for window, length_ms in WINDOWS.items():
        begin_ms = now_ms - length_ms
        if window.endswith("d"):
            local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).replace(
                tzinfo=None, fold=0
            )
            wall = (local - timedelta(days=int(window[:-1]))).replace(tzinfo=ZoneInfo(zone))
            begin_ms = round(wall.timestamp() * 1000)
        begin_ms = begin_ms // TILE_MS * TILE_MS
        for what, kinds in window_counts.COUNTED.items():
            counted[f"{what}_{window}"] = sum(
                kind in kinds and begin_ms <= ts // TILE_MS * TILE_MS < now_ms
                for ts, kind, _ in raw
            )
    return counted


@settings(max_examples=examples(80), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(CHANGES_MS), st.integers(-DAY_MS, DAY_MS), st.sampled_from(ZONES),
            st.lists(EVENT, max_size=25),
        ),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_windows_equal_a_count_over_the_raw_events(
    users: list[tuple[int, int, str, list[tuple[int, EventType]]]],
) -> None:
    now_ms = [change + shift for change, shift, _, _ in users]
    raw = [
        [(now - age, int(kind), 0) for age, kind in events]
        for now, (_, _, _, events) in zip(now_ms, users, strict=True)
    ]
    zones = [zone for _, _, zone, _ in users]
    found = window_counts.compute(user_view(state_of(raw), np.array(now_ms), zones))
    for row, events, now, zone in zip(found.tolist(), raw, now_ms, zones, strict=True):
        assert dict(zip(window_counts.NAMES, row, strict=True)) == brute(events, now, zone)


def test_after_a_day_that_never_was_the_day_before_is_empty() -> None:
    """Samoa went from the 29th to the 31st: noon of the 30th moves forward to now itself."""
    now_ms = round(datetime.fromisoformat("2011-12-31T12:00:00+14:00").timestamp() * 1000)
    state = state_of([[(now_ms - 1, EventType.VIEW, 1)]])
    found = window_counts.compute(user_view(state, np.array([now_ms]), ["Pacific/Apia"]))
    row = dict(zip(window_counts.NAMES, found[0].tolist(), strict=True))
    assert (row["view_15m"], row["view_1d"], row["view_7d"]) == (1, 0, 1)


@pytest.mark.parametrize(("hours_ago", "counted"), [(22, 1), (23, 1), (24, 0), (25, 0)])
def test_the_day_the_clocks_go_forward_has_23_hours(hours_ago: int, counted: int) -> None:
    now_ms = round(datetime.fromisoformat("2026-03-29T12:00:00+01:00").timestamp() * 1000)
    state = state_of([[(now_ms - hours_ago * 3_600_000, EventType.VIEW, 1)]])
    found = window_counts.compute(user_view(state, np.array([now_ms]), ["Europe/London"]))
    assert found[0, window_counts.NAMES.index("view_1d")] == counted
    assert found[0, window_counts.NAMES.index("view_7d")] == 1


def test_minutes_in_the_app_are_no_acts() -> None:
    now_ms = CHANGES_MS[0]
    state = state_of([[(now_ms - 60_000, EventType.APP_MINUTES, 0)] * 7])
    found = window_counts.compute(user_view(state, np.array([now_ms]), ["UTC"]))
    row = dict(zip(window_counts.NAMES, found[0].tolist(), strict=True))
    assert (row["app_minutes_1h"], row["any_1h"]) == (7, 0)
