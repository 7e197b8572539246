"""The newest events one by one: read from the row that decides, each user for themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import DAY_MS, NOW_MS, ZONES, random_state, state_of

from models.features import user_steps
from models.features.steps import CHANNELS, STEPS
from schemas.vocabulary import EventType

HOUR_MS = 3_600_000
UTC = "UTC"


def steps_of(events, zone=UTC, now_ms=NOW_MS):
    found = user_steps(state_of([events]), np.array([now_ms]), [zone])
    assert found.shape == (1, STEPS, len(CHANNELS))
    return {name: found[0, :, i] for i, name in enumerate(CHANNELS)}


def test_a_view_and_an_hour_later_the_cart_are_the_last_two_steps() -> None:
    told = steps_of([
        (NOW_MS - 3 * HOUR_MS, EventType.VIEW, 7),
        (NOW_MS - 2 * HOUR_MS, EventType.CART, 7),
    ])  # fmt: skip
    assert told["is"].tolist() == [0.0] * (STEPS - 2) + [1.0, 1.0]
    assert told["log_age"][-2:] == pytest.approx(np.log([4, 3]))
    assert told["log_gap"][-2:] == pytest.approx([0, np.log(2)])
    assert told["view"][-2:].tolist() == [1, 0]
    assert told["cart"][-2:].tolist() == [0, 1]
    assert told["same_item"][-2:].tolist() == [0, 1]
    assert told["same_category"][-2:].tolist() == [0, 1]


def test_the_clock_of_a_step_is_the_users_own() -> None:
    midnight_utc = NOW_MS // DAY_MS * DAY_MS
    here = steps_of([(midnight_utc, EventType.VIEW, 1)])
    there = steps_of([(midnight_utc, EventType.VIEW, 1)], "Asia/Kathmandu")
    angle = 2 * np.pi * 5.75 / 24
    assert (here["hour_sin"][-1], here["hour_cos"][-1]) == pytest.approx((0, 1))
    assert there["hour_sin"][-1] == pytest.approx(np.sin(angle))
    assert there["hour_cos"][-1] == pytest.approx(np.cos(angle))


def test_only_the_newest_are_read_and_the_first_of_them_knows_its_gap() -> None:
    events = [(NOW_MS - (STEPS + 5 - i) * HOUR_MS, EventType.VIEW, i) for i in range(STEPS + 5)]
    told = steps_of(events)
    assert told["is"].sum() == STEPS
    assert told["log_age"][0] == pytest.approx(np.log(1 + STEPS))
    assert told["log_gap"][0] == pytest.approx(np.log(2))


def test_what_happens_after_the_moment_is_not_read() -> None:
    before = [(NOW_MS - HOUR_MS, EventType.VIEW, 1)]
    after = [*before, (NOW_MS + HOUR_MS, EventType.PURCHASE, 1)]
    one, other = steps_of(before), steps_of(after)
    assert all(one[name].tobytes() == other[name].tobytes() for name in CHANNELS)


def test_a_user_without_events_has_steps_of_nothing() -> None:
    assert all(not channel.any() for channel in steps_of([]).values())


def test_a_time_and_a_zone_for_every_user_or_an_error() -> None:
    with pytest.raises(ValueError, match="2 users, 1 times, 2 zones"):
        user_steps(random_state(1, 2), np.array([NOW_MS]), [UTC, UTC])


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(0, 80))
def test_nobodys_steps_depend_on_who_else_is_asked(seed: int, users: int, events: int) -> None:
    state = random_state(seed, users, events)
    rng = np.random.default_rng(seed)
    now_ms = NOW_MS - rng.integers(0, 3 * DAY_MS, users)
    zones = [ZONES[i] for i in rng.integers(0, len(ZONES), users)]
    together = user_steps(state, now_ms, zones)
    for i in range(users):
        alone = user_steps(state.take(np.array([i])), now_ms[i : i + 1], [zones[i]])
        assert alone[0].tobytes() == together[i].tobytes()
