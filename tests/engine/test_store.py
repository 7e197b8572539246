from __future__ import annotations

import random
import tempfile
from pathlib import Path

import rocksdict
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples

from streams.engine.database import Database
from streams.engine.rocks import Rocks
from streams.engine.store import ENTRY_BYTES, NO_OFFSET, PartitionStore, StateStore
from streams.state.store import MemoryStore

KEYS = st.sampled_from([b"T%d" % n for n in range(8)] + [b"U1", b"U2"])
WRITES = st.dictionaries(KEYS, st.one_of(st.none(), st.binary(max_size=3)), max_size=5)
SCANS = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 5))


SMALL_ROW_BYTES = ENTRY_BYTES + 5


def partition_store(state: StateStore, rows: int = 10) -> PartitionStore:
    """A store whose cache takes about so many rows as small as those here."""
    return PartitionStore(lambda: state.database(0), lambda: rows * SMALL_ROW_BYTES)


def write(state: StateStore, store: PartitionStore, rows: dict[bytes, bytes | None]) -> None:
    state.write(0, rows.items(), NO_OFFSET)
    store.apply(rows)


def test_a_row_that_does_not_exist_is_none(state: StateStore) -> None:
    state.write(0, [(b"U1", b"one")], NO_OFFSET)
    assert partition_store(state).get_many([b"U2", b"U1", b"U2"]) == [None, b"one", None]


def test_rows_are_the_last_committed_ones(state: StateStore) -> None:
    store = partition_store(state)
    store.get_many([b"U1"])
    write(state, store, {b"U1": b"new", b"U2": b"two"})
    assert store.get_many([b"U1", b"U2"]) == [b"new", b"two"]


def test_a_deleted_row_is_gone_from_cache_and_database(state: StateStore) -> None:
    store = partition_store(state)
    write(state, store, {b"U1": b"one"})
    store.get_many([b"U1"])
    write(state, store, {b"U1": None})
    assert store.get_many([b"U1"]) == [None]
    assert partition_store(state).get_many([b"U1"]) == [None]


def test_more_keys_than_the_cache_takes_are_all_returned(state: StateStore) -> None:
    keys = [b"U%d" % n for n in range(20)]
    state.write(0, [(key, key) for key in keys], NO_OFFSET)
    store = partition_store(state, rows=3)
    assert store.get_many(keys) == keys
    assert store.get_many(keys[::-1]) == keys[::-1]


def test_the_cache_may_be_turned_off(state: StateStore) -> None:
    store = partition_store(state, rows=0)
    write(state, store, {b"U1": b"one"})
    assert store.get_many([b"U1", b"U1"]) == [b"one", b"one"]


def test_large_rows_take_the_place_of_many_small_ones(state: StateStore) -> None:
    keys = [b"U%d" % n for n in range(10)]
    store = partition_store(state)
    write(state, store, dict.fromkeys(keys, b"row"))
    store.get_many(keys)
    filled = store.cached_bytes
    write(state, store, {b"U9": bytes(5 * SMALL_ROW_BYTES)})
    store.get_many([b"U9"])
    assert filled - SMALL_ROW_BYTES < store.cached_bytes <= 10 * SMALL_ROW_BYTES
    state.write(0, [(b"U0", b"behind its back")], NO_OFFSET)
    assert store.get_many([b"U0"]) == [b"behind its back"]


def test_what_lies_at_the_bottom_is_compressed_by_entropy_too(tmp_path):
    database = Rocks(memory_bytes=4 << 20).open(tmp_path / "db")
    rows = {b"%06d" % n: random.Random(n).randbytes(400).hex().encode() for n in range(500)}
    for key, row in rows.items():  # hexadecimal digits: nothing repeats, half of each byte is idle
        database.put(key, row)
    force = rocksdict.CompactOptions()
    force.set_bottommost_level_compaction(rocksdict.BottommostLevelCompaction.force())
    database.compact_range(None, None, force)
    assert {key: database.get(key) for key in rows} == rows
    database.close()
    size = sum(file.stat().st_size for file in (tmp_path / "db").glob("*.sst"))
    assert size < 0.7 * sum(map(len, rows.values()))


def test_the_databases_of_a_worker_share_one_bounded_memory(tmp_path: Path) -> None:
    rocks = Rocks(memory_bytes=4 << 20)
    databases = [rocks.open(tmp_path / name) for name in "ab"]
    for database in databases:
        for number in range(4_000):
            database.put(b"%d" % number, bytes(2_000))
        database.flush(wait=True)  # what is on its way to the disk is not kept
    for database in databases:
        assert all(database.get(b"%d" % number) == bytes(2_000) for number in range(4_000))
    assert 2 << 20 < rocks.used_bytes() < 5 << 20


def test_a_scan_is_half_open_and_sorted(state: StateStore) -> None:
    state.write(0, [(b"T2", b"b"), (b"T1", b"a"), (b"T3", b"c"), (b"U", b"u")], NO_OFFSET)
    assert partition_store(state).scan(b"T1", b"T3") == [(b"T1", b"a"), (b"T2", b"b")]


def test_the_offset_is_stored_with_the_rows(state: StateStore) -> None:
    assert state.restored_offset(0) == NO_OFFSET
    state.write(0, [(b"U1", b"one")], 7)
    assert state.restored_offset(0) == 7


def test_an_unknown_offset_leaves_the_stored_one(state: StateStore) -> None:
    state.write(0, [], 7)
    state.write(0, [(b"U1", b"one")], NO_OFFSET)
    assert state.restored_offset(0) == 7


def test_fired_timers_are_not_stepped_over_again(state: StateStore) -> None:
    store = partition_store(state)
    write(state, store, {b"T1": b"", b"T2": b""})
    assert len(store.scan(b"T", b"T3")) == 2
    write(state, store, {b"T1": None, b"T2": None})
    # written behind the store's back: only a scan that starts over would find it
    state.write(0, [(b"T1", b"")], NO_OFFSET)
    assert store.scan(b"T", b"T5") == []


@hypothesis_settings(max_examples=examples(60))
@given(
    steps=st.lists(st.one_of(WRITES, SCANS, st.lists(KEYS, max_size=4)), max_size=30),
    cache=st.integers(0, 4),
)
def test_it_answers_as_a_dictionary_would(steps: list[object], cache: int) -> None:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    with tempfile.TemporaryDirectory() as folder:
        database = rocksdict.Rdict(str(Path(folder) / "db"), options)
        store = PartitionStore(
            lambda: Database(Path(folder), database), lambda: cache * SMALL_ROW_BYTES
        )
        plain: dict[bytes, bytes] = {}
        for step in steps:
            match step:
                case dict():
                    apply(database, plain, step)
                    store.apply(step)
                case (int(a), int(b), int(most)):
                    start, stop = b"T%d" % a, b"T%d" % b
                    expected = sorted(row for row in plain.items() if start <= row[0] < stop)
                    assert store.scan(start, stop, most) == expected[:most]
                case list():
                    assert store.get_many(step) == [plain.get(key) for key in step]
                    assert store.cached_bytes <= cache * SMALL_ROW_BYTES
        database.close()


def apply(database: rocksdict.Rdict, plain: dict[bytes, bytes], rows: dict[bytes, bytes]) -> None:
    for key, value in rows.items():
        if value is None:
            database.delete(key)
            plain.pop(key, None)
        else:
            database.put(key, value)
            plain[key] = value


def test_the_memory_store_agrees_on_what_a_scan_is() -> None:
    memory = MemoryStore()
    memory.apply({b"T1": b"", b"T2": b"", b"T3": b""})
    assert memory.scan(b"T1", b"T3") == [(b"T1", b""), (b"T2", b"")]
    assert memory.scan(b"T1", b"T3", 1) == [(b"T1", b"")]
    assert memory.scan(b"T1", b"T2", 5) == [(b"T1", b"")]


def test_users_are_found_by_the_first_half_of_their_pseudonym_in_both_stores(
    state: StateStore,
) -> None:
    heads = [b"\x00" * 8, b"anna1234", b"\xff" * 8]
    users = [head + tail for head in heads for tail in (b"\x00" * 8, b"\xff" * 8)]
    rows = {b"U" + user: b"row" for user in users} | {b"T" + b"anna1234": b"no user"}
    store, memory = partition_store(state), MemoryStore()
    write(state, store, rows)
    memory.apply(rows)
    for asked in ([], heads[:1], heads[1:], [b"nobody__"]):
        found = sorted(store.users(set(asked)))
        assert found == sorted(memory.users(set(asked)))
        assert found == sorted(user for user in users if user[:8] in asked)
