"""DESIGN law 1: facts are a function of the set of accepted events."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.examples import examples
from support.waves import T0_MS, make_wave

from schemas.moments import event_ids, times_ms
from schemas.state import NEVER_MS, TILE_MS, UserState
from schemas.vocabulary import ContextField, EventType
from streams.pipeline.aggregate import aggregate, facts_length, pack_rows, tails
from streams.settings import load_settings

DAY_MS = 86_400_000
SETTINGS = load_settings({}, recent_events=8, seen_ids=64)

event_rows = st.lists(
    st.tuples(
        st.integers(0, 2),
        # Few distinct times, so that ties are the rule.
        st.integers(0, 12).map(lambda half_day: T0_MS + half_day * DAY_MS // 2),
        st.integers(1, 2**48 - 1),
        st.integers(0, 4),
        st.integers(0, 2),
        st.sampled_from([EventType.VIEW, EventType.CART, EventType.PURCHASE, EventType.SEARCH]),
    ),
    max_size=40,
    unique_by=lambda row: row[2],
)


def _facts(rows, cuts=()):
    state = UserState.fresh([bytes([i]) * 16 for i in range(3)])
    edges = [0, *sorted(cuts), len(rows)]
    for start, stop in itertools.pairwise(edges):
        aggregate(state, make_wave(rows[start:stop]), SETTINGS)
    return [row[: facts_length(row)] for row in pack_rows(state)]


@pytest.fixture(params=[0, tails.FEW], ids=["parted", "sorted whole"], autouse=True)
def _histories(request, monkeypatch):
    """However few its rows, a history is parted; or sorted whole."""
    monkeypatch.setattr(tails, "FEW", request.param)


@given(event_rows, st.randoms(use_true_random=False), st.lists(st.integers(0, 40), max_size=4))
@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_batching_gives_the_same_bytes(rows, random, cuts):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert _facts(rows) == _facts(shuffled, [min(cut, len(rows)) for cut in cuts])


@given(event_rows)
@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tiles_hold_exactly_one_count_for_every_event(rows):
    state = UserState.fresh([bytes([i]) * 16 for i in range(3)])
    aggregate(state, make_wave(rows), SETTINGS)
    expected = Counter((user, ts // TILE_MS, kind) for user, ts, _, _, _, kind in rows)
    found = {
        (int(slot), int(row["tile"]), int(row["type"])): int(row["n"])
        for slot, row in zip(state.tiles.slots, state.tiles.data, strict=True)
    }
    assert found == expected


@given(event_rows)
@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_events_are_kept_by_time_then_id(rows):
    state = UserState.fresh([bytes([i]) * 16 for i in range(3)])
    aggregate(state, make_wave(rows), SETTINGS)
    for user in range(3):
        mine = sorted((ts, event) for u, ts, event, *_ in rows if u == user)
        kept = [(int(row["ts_ms"]), int(row["event"])) for row in state.events.of(user)]
        assert kept == mine[-SETTINGS.recent_events :]


def test_an_order_counts_once_in_the_tiles_and_keeps_a_fact_a_line():
    wave = make_wave([(0, T0_MS, 5, item, 0, EventType.PURCHASE) for item in (1, 2)])
    wave.facts["line"] = [0, 1]
    wave.events = wave.events[:1]
    state = UserState.fresh([b"u" * 16])
    aggregate(state, wave, SETTINGS)
    assert state.tiles.data["n"].tolist() == [1]
    assert state.events.data["item"].tolist() == [1, 2]


def test_app_minutes_count_as_minutes_and_are_no_recent_event():
    wave = make_wave([(0, T0_MS, 5, 0, 0, EventType.APP_MINUTES)])
    wave.facts["quantity"] = 12
    state = UserState.fresh([b"u" * 16])
    aggregate(state, wave, SETTINGS)
    assert state.tiles.data["n"].tolist() == [12]
    assert len(state.events.data) == 0


def test_a_tile_saturates_instead_of_wrapping():
    wave = make_wave([(0, T0_MS, 5 + i, 0, 0, EventType.APP_MINUTES) for i in range(2)])
    wave.facts["quantity"] = 65_000
    state = UserState.fresh([b"u" * 16])
    aggregate(state, wave, SETTINGS)
    assert state.tiles.data["n"].tolist() == [65_535]


def test_ids_beyond_the_limit_raise_the_floor_so_that_nothing_counts_twice():
    few = load_settings({}, seen_ids=64)
    state = UserState.fresh([b"u" * 16])
    aggregate(state, make_wave([(0, T0_MS + i, 1 + i, 0, 0, 0) for i in range(70)]), few)
    assert len(state.seen.data) == 64
    assert int(state.head["floor_ms"][0]) == T0_MS + 6
    assert int(times_ms(state.seen.data, state.head["newest_ms"][0]).min()) == T0_MS + 6


@given(st.lists(st.integers(0, 120), min_size=1, max_size=12), st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_floor_depends_on_the_events_not_on_the_cuts(minutes, step):
    tight = load_settings({}, lateness_ms=60 * 60_000, seen_ids=64)
    tight = replace(tight, seen_ids=2)  # below the bound, so that few events are enough
    minutes.sort()
    rows = [(0, T0_MS + m * 60_000, i + 1, 0, 0, 0) for i, m in enumerate(minutes)]
    whole, cut = UserState.fresh([b"u" * 16]), UserState.fresh([b"u" * 16])
    aggregate(whole, make_wave(rows), tight)
    for start in range(0, len(rows), step):
        aggregate(cut, make_wave(rows[start : start + step]), tight)
    assert pack_rows(whole) == pack_rows(cut)


def test_ids_behind_the_horizon_are_forgotten():
    state = UserState.fresh([b"u" * 16])
    aggregate(state, make_wave([(0, T0_MS, 1, 0, 0, 0)]), SETTINGS)
    aggregate(state, make_wave([(0, T0_MS + 8 * DAY_MS, 2, 0, 0, 0)]), SETTINGS)
    assert event_ids(state.seen.data).tolist() == [2]
    assert int(state.head["floor_ms"][0]) == NEVER_MS


def test_the_last_known_value_is_the_newest_by_time_whatever_arrives_last():
    state = UserState.fresh([b"u" * 16])
    field = ContextField.DEVICE
    rows = [(0, 0, T0_MS + 5, 1, 111, field), (0, 0, T0_MS, 2, 222, field)]
    aggregate(state, make_wave([], contexts=rows), SETTINGS)
    assert state.context.data["value"].tolist() == [111]
    aggregate(state, make_wave([], contexts=[(0, 0, T0_MS + 9, 3, 0, field)]), SETTINGS)
    assert state.context.data["value"].tolist() == [0], "null clears"


def test_first_and_newest_follow_event_time():
    state = UserState.fresh([b"u" * 16])
    aggregate(state, make_wave([(0, T0_MS + 9, 1, 0, 0, 0), (0, T0_MS, 2, 0, 0, 0)]), SETTINGS)
    assert (int(state.head["first_ms"][0]), int(state.head["newest_ms"][0])) == (T0_MS, T0_MS + 9)
    assert np.array_equal(state.head["total"], [2])


def test_a_tile_is_forgotten_with_the_event_that_makes_it_old_whatever_else_comes_with_it():
    """A record of `context` without measures is an event without a fact."""
    view, later = [(0, T0_MS + days * DAY_MS, 1 + days, 1, 0, EventType.VIEW) for days in (0, 60)]
    apart, together = (UserState.fresh([bytes(16)]) for _ in range(2))
    aggregate(apart, make_wave([view]), SETTINGS)
    both = make_wave([view, later])
    bare = make_wave([later])
    aggregate(apart, bare.of([bare.events, bare.facts[:0], bare.contexts, bare.receipts]), SETTINGS)
    facts = both.facts[both.facts["ts_ms"] == view[1]]
    aggregate(together, both.of([both.events, facts, both.contexts, both.receipts]), SETTINGS)
    assert pack_rows(apart) == pack_rows(together)
    assert not len(apart.tiles.data)
