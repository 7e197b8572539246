"""A row of version 2 is read as one whose user has had no decision in any hour."""

from __future__ import annotations

from state.golden import HERE, load

from schemas.state import ROW_VERSION
from streams.state.rows import facts_length, pack_rows, unpack_rows
from streams.state.store import USER
from streams.state.upgrade import upgraded


def rows_of_before() -> dict[bytes, bytes]:
    rows = load(HERE / "rows-2.msgpack.zst").rows(0)
    return {key[1:]: row for key, row in rows.items() if key.startswith(USER)}


def test_beside_rows_of_this_version_too():
    old = rows_of_before()
    keys = list(old)
    new = dict(zip(keys, pack_rows(unpack_rows(keys, [*old.values()])), strict=True))
    assert {row[0] for row in new.values()} == {ROW_VERSION}
    mixed = [old[key] if n % 2 else new[key] for n, key in enumerate(keys)]
    assert pack_rows(unpack_rows(keys, mixed)) == [new[key] for key in keys]
    assert not unpack_rows(keys, mixed).budget.lengths.any()


def test_a_row_of_this_version_is_left_alone():
    for old in rows_of_before().values():
        new = upgraded(old)
        assert upgraded(new) is new
        assert facts_length(old) == facts_length(new)
