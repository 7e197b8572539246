"""Rows survive packing, and say so when they cannot be read."""

from __future__ import annotations

import numpy as np
import pytest
from support.waves import T0_MS, make_wave

from schemas.state import FACTS, HEAD, JOURNALS, UserState
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.aggregate import RowError, aggregate, facts_length, pack_rows, unpack_rows
from streams.pipeline.aggregate.journal import arm_timers, note_debounce
from streams.settings import load_settings

KEYS = [bytes([i]) * 16 for i in range(3)]


def _applied() -> UserState:
    state = UserState.fresh(KEYS)
    state.sealed = [b"abc", b"", b"z" * 40]
    rows = [
        (0, T0_MS, 1, 7, 3, EventType.VIEW),
        (2, T0_MS + 1, 2, 8, 3, EventType.CART),
        (0, T0_MS + 2, 3, 7, 3, EventType.PURCHASE),
    ]
    wave, settings = make_wave(rows, contexts=[(0, 0, T0_MS, 1, 99, 0)]), load_settings({})
    aggregate(state, wave, settings)
    arm_timers(state, wave.facts, wave.stream_ms, np.full((3, len(TriggerKind)), -1), settings)
    note_debounce(state, np.array([2]), np.array([TriggerKind.FAVOURITE]), np.array([T0_MS]))
    return state


def test_packing_and_unpacking_gives_the_same_columns():
    state = _applied()
    again = unpack_rows(KEYS, list(pack_rows(state)))
    assert again.sealed == state.sealed
    assert again.head.tobytes() == state.head.tobytes()
    for name in (*FACTS, *JOURNALS):
        assert getattr(again, name).data.tobytes() == getattr(state, name).data.tobytes(), name
        assert getattr(again, name).offsets.tolist() == getattr(state, name).offsets.tolist(), name


def test_a_user_without_a_row_is_fresh():
    state = unpack_rows(KEYS, [None, *pack_rows(_applied())[1:]])
    assert state.head["total"].tolist() == [0, 0, 1]
    assert state.events.lengths.tolist() == [0, 0, 1]


def test_facts_are_a_prefix_that_the_journal_does_not_change():
    state = _applied()
    row = pack_rows(state)[2]
    state.timers = state.timers.take(np.array([0, 0, 0]))
    other = pack_rows(state)[2]
    assert row != other
    assert row[: facts_length(row)] == other[: facts_length(other)]


def test_a_row_of_another_version_is_refused():
    row = bytearray(pack_rows(_applied())[0])
    row[HEAD.fields["version"][1]] = 250
    with pytest.raises(RowError, match="version 250"):
        unpack_rows(KEYS[:1], [bytes(row)])


def test_a_row_that_was_cut_off_is_refused():
    row = pack_rows(_applied())[0]
    with pytest.raises((RowError, ValueError)):
        unpack_rows(KEYS[:1], [row[:-1]])
