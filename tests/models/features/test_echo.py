"""Echo on a few hand-made events."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from support.made_up import DAY_MS, NOW_MS, state_of

from models.features import echo
from models.features.view import user_view
from schemas.state import UserState
from schemas.vocabulary import EventType

HOUR_MS = 3_600_000
VIEW, CART = int(EventType.VIEW), int(EventType.CART)


def features(family: ModuleType, state: UserState, zone: str = "UTC") -> dict[str, float]:
    rows = family.compute(user_view(state, np.full(len(state), NOW_MS), [zone] * len(state)))
    return dict(zip(family.NAMES, rows[0].tolist(), strict=True))


def days_ago(days: float, hours: float, kind: int = VIEW) -> tuple[int, int, int]:
    return (int(NOW_MS - days * DAY_MS + hours * HOUR_MS), kind, 1)


def test_an_echo_is_what_came_in_the_next_three_hours_of_earlier_days() -> None:
    habit = [days_ago(day, 1) for day in range(1, 8)]
    other = [days_ago(day, 5) for day in range(1, 8)]
    usual, unusual = (features(echo, state_of([raw])) for raw in (habit, other))
    lived = sum(0.9**day for day in range(1, 8))
    assert usual["echo_ahead_any"] == pytest.approx((lived + 0.6) / (lived + 2))
    assert usual["echo_yesterday_any"] == 1
    assert unusual["echo_yesterday_any"] == 0
    # Known for six days and 19 hours: the seventh day back was not theirs to be seen in.
    assert unusual["echo_ahead_any"] == pytest.approx(0.6 / (lived - 0.9**7 + 2))


def test_a_near_echo_takes_an_hour_more_on_both_sides() -> None:
    for hours, near in ((-0.75, True), (3.75, True), (-1.5, False), (4.25, False)):
        found = features(echo, state_of([[days_ago(2, hours), days_ago(7, 1)]]))
        alone = features(echo, state_of([[days_ago(7, 1)]]))
        assert (found["echo_near_any"] > alone["echo_near_any"]) is near, hours


def test_an_echo_tells_looks_acts_and_purchases_apart() -> None:
    found = features(echo, state_of([[days_ago(1, 1, CART)]]))
    assert found["echo_yesterday_any"] == found["echo_yesterday_act"] == 1
    assert found["echo_yesterday_buy"] == 0


def test_the_hour_before_now_is_no_echo() -> None:
    found = features(echo, state_of([[days_ago(0, -0.5)]]))
    assert found["echo_ahead_any"] == pytest.approx(0.3)
    assert found["echo_near_any"] == pytest.approx(0.3)


def test_an_echo_follows_the_wall_clock_when_the_clocks_change() -> None:
    """London, 2026-03-29: the clocks go forward; an evening at home stays an evening at home."""
    now = 1_774_807_200_000  # 2026-03-29 18:00 UTC, 19:00 local
    same_wall = now - DAY_MS + HOUR_MS + 60_000  # 2026-03-28 19:01 local
    state = state_of([[(same_wall, VIEW, 1)]])
    for zone, seen in (("Europe/London", 1), ("UTC", 1)):
        row = echo.compute(user_view(state, np.array([now]), [zone]))[0]
        assert row[echo.NAMES.index("echo_yesterday_any")] == seen
    just_before = state_of([[(same_wall - 2 * 60_000, VIEW, 1)]])
    row = echo.compute(user_view(just_before, np.array([now]), ["Europe/London"]))[0]
    assert row[echo.NAMES.index("echo_yesterday_any")] == 0
