"""Seeded state is what the pipeline itself would have kept."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from benchmarks.growth.seed import DAY_MS, SITUATIONS, Template, age, name_of, seeded, template
from schemas.state import FACTS, HEAD, TILE_MS, UserState
from schemas.tables import EVENT_ROW, FACT_ROW
from streams.pipeline.aggregate import pack_rows, unpack_rows
from streams.pipeline.aggregate.facts import add_events, add_recent, add_tiles
from streams.settings import Settings, load_settings
from streams.state.store import USER

SETTINGS = load_settings({}, secret="bench", consent_default="granted", partitions=1)


@pytest.fixture(scope="module")
def made() -> Template:
    return template(SETTINGS, users=600, events=4_000)


def aged(made: Template, days: int, settings: Settings = SETTINGS) -> UserState:
    state = copy.deepcopy(made.users)
    age(state, days, np.full(len(state), 8 * TILE_MS), settings)
    return state


def facts(state: UserState) -> bytes:
    return b"".join(getattr(state, name).data.tobytes() for name in FACTS)


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 3, 12])
def test_aged_facts_are_as_the_pipeline_keeps_them(made: Template, days: int) -> None:
    state = aged(made, days)
    before = facts(state)
    add_events(state, np.zeros(0, EVENT_ROW), SETTINGS.lateness_ms, SETTINGS.seen_ids)
    add_tiles(state, np.zeros(0, FACT_ROW), SETTINGS.retention_ms)
    add_recent(state, np.zeros(0, FACT_ROW), SETTINGS.recent_events)
    assert facts(state) == before


def test_every_day_has_the_same_counts(made: Template) -> None:
    state = aged(made, 3)
    assert state.tiles.data["n"].sum() == 3 * made.users.tiles.data["n"].sum()
    assert (state.head["total"] == 3 * made.users.head["total"]).all()
    assert len(np.unique(state.seen.data["event"])) == 3 * len(made.users.seen.data)


def test_everything_moves_into_the_past_alike(made: Template) -> None:
    state = aged(made, 2)
    back_ms = 8 * TILE_MS
    assert (state.head["newest_ms"] == made.users.head["newest_ms"] - back_ms).all()
    assert (state.head["first_ms"] == made.users.head["first_ms"] - back_ms - DAY_MS).all()
    moved = made.users.pushes.data["created_ms"] - back_ms
    assert (state.pushes.data["created_ms"] == moved).all()
    assert len(state.timers.data) == 0


def test_a_seeded_row_is_its_users_own(made: Template) -> None:
    pieces = seeded(made, 2 * SITUATIONS, 1)
    assert next(pieces) == made.names
    rows = {key: row for piece in pieces for key, row in piece.items()}
    vault = made.pipeline.vault
    keys = [vault.pseudonym(name_of(number)) for number in range(2 * SITUATIONS)]
    assert set(rows) == {USER + key for key in keys}
    state = unpack_rows(keys, [rows[USER + key] for key in keys])
    unsealed = map(vault.unseal, state.sealed, keys)
    assert list(unsealed) == [name_of(number) for number in range(2 * SITUATIONS)]
    assert pack_rows(state) == list(rows.values())
    assert state.head.dtype == HEAD


def test_without_history_there_are_no_rows(made: Template) -> None:
    assert list(seeded(made, 1_000, 0)) == [made.names]
