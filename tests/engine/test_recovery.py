from __future__ import annotations

from schemas.tables import SourceRecord
from streams.engine.merge import Slice
from streams.engine.recovery import restore
from streams.engine.store import StateStore

Row = tuple[int, bytes | None, bytes | None]


def changelog(*rows: Row, start: int | None = None, end: int | None = None) -> Slice:
    records = [SourceRecord("changelog", 0, at, 0, key, value) for at, key, value in rows]
    first = records[0].offset if start is None else start
    return Slice(records, first, records[-1].offset + 1 if end is None else end, 0)


def value(state: StateStore, key: bytes) -> bytes | None:
    found: bytes | None = state.database(0).get(key)
    return found


def test_the_last_row_of_a_key_wins(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"old"), (1, b"U1", b"new")))
    assert value(state, b"U1") == b"new"


def test_an_older_row_never_overwrites_a_newer_one(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"old"), (1, b"U1", b"new")))
    assert restore(state, 0, changelog((0, b"U1", b"old"))) == 0
    assert value(state, b"U1") == b"new"


def test_rows_are_applied_once_when_pieces_overlap(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), (1, b"U2", b"b")))
    assert restore(state, 0, changelog((1, b"U2", b"b"), (2, b"U3", b"c"))) == 1
    assert value(state, b"U3") == b"c"


def test_a_tombstone_deletes(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), (1, b"U1", None)))
    assert value(state, b"U1") is None


def test_a_piece_of_markers_alone_moves_the_offset(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), end=2))
    assert state.restored_offset(0) == 1
    restore(state, 0, Slice([], 2, 6, 0))
    assert state.restored_offset(0) == 5


def test_an_old_piece_does_not_move_the_offset_back(state: StateStore) -> None:
    restore(state, 0, changelog((0, b"U1", b"a"), end=9))
    restore(state, 0, changelog((0, b"U1", b"a")))
    assert state.restored_offset(0) == 8
