from __future__ import annotations

import time

from faust.types import TP

from schemas.tables import SourceRecord
from streams.engine.merge import Slice
from streams.engine.recovery import restore
from streams.engine.store import SAVED, STALE_AFTER_S, StateStore

NOW_S = 1_800_000_000.0
Row = tuple[int, bytes | None, bytes | None]


def changelog(*rows: Row, start: int | None = None, end: int | None = None) -> Slice:
    records = [SourceRecord("changelog", 0, at, 0, key, value) for at, key, value in rows]
    first = records[0].offset if start is None else start
    return Slice(records, first, records[-1].offset + 1 if end is None else end, 0)


def value(state: StateStore, key: bytes) -> bytes | None:
    found: bytes | None = state.database(0).get(key)
    return found


def test_the_last_row_of_a_key_wins(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"old"), (1, b"U1", b"new")), NOW_S)
    assert value(state, b"U1") == b"new"


def test_an_older_row_never_overwrites_a_newer_one(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"old"), (1, b"U1", b"new")), NOW_S)
    assert restore(state, 0, changelog((0, b"U1", b"old")), NOW_S) == 0
    assert value(state, b"U1") == b"new"


def test_rows_are_applied_once_when_pieces_overlap(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), (1, b"U2", b"b")), NOW_S)
    assert restore(state, 0, changelog((1, b"U2", b"b"), (2, b"U3", b"c")), NOW_S) == 1
    assert value(state, b"U3") == b"c"


def test_a_tombstone_deletes(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), (1, b"U1", None)), NOW_S)
    assert value(state, b"U1") is None


def test_a_piece_of_markers_alone_moves_the_offset(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), end=2), NOW_S)
    assert state.restored_offset(0) == 1
    restore(state, 0, Slice([], 2, 6, 0), NOW_S)
    assert state.restored_offset(0) == 5


def test_an_old_piece_does_not_move_the_offset_back(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), end=9), NOW_S)
    restore(state, 0, changelog((0, b"U1", b"a")), NOW_S)
    assert state.restored_offset(0) == 8


def test_local_state_as_young_as_the_tombstones_is_used(state: StateStore) -> None:
    state.write(0, [(b"U1", b"a")], 4, saved_s=time.time() - STALE_AFTER_S + 60)
    assert state.persisted_offset(TP("changelog", 0)) == 4
    assert value(state, b"U1") == b"a"


def test_local_state_older_than_the_tombstones_is_thrown_away(state: StateStore) -> None:
    state.write(0, [(b"U1", b"a")], 4, saved_s=time.time() - STALE_AFTER_S - 60)
    assert state.persisted_offset(TP("changelog", 0)) is None
    assert value(state, b"U1") is None


def test_restored_state_is_as_old_as_the_start_of_its_recovery(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a")), NOW_S)
    restore(state, 0, changelog((1, b"U1", b"b")), NOW_S + 1e6)
    assert state.database(0).get(SAVED) == b"%d" % NOW_S
