"""A partition's state: RocksDB through Faust's table, with an LRU cache of rows in front."""

from __future__ import annotations

import gc
import logging
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import rocksdict
from faust.stores import rocksdb
from faust.tables import Table

from streams.engine import topic_ids
from streams.engine.database import BrokenStateError, Database, set_aside_if_broken
from streams.engine.emptied import Emptied
from streams.engine.rocks import Rocks
from streams.engine.topics import TOMBSTONES_KEPT_MS
from streams.state.store import ALL, USER

logger = logging.getLogger(__name__)

NO_OFFSET = -1
ENTRY_BYTES = 230
"""What an entry of the cache takes beside key and row: two objects and its place in the order."""
PRIVATE = 0o700
"""Mode of a database's folder: rows are personal data."""
SAVED = b"\x00saved"
"""Local row: when (s since 1970) the state was last known to be complete."""
STALE_AFTER_S = TOMBSTONES_KEPT_MS / 1000 / 2
"""Older local state is not used: the log no longer tells which of its rows were deleted."""


class StateStore(rocksdb.Store):
    """Faust's RocksDB store; rows come in by `write` only, with the offset they carry."""

    @cached_property
    def _rocks(self) -> Rocks:
        return Rocks(self.app.options.rocksdb_bytes)

    def _open_for_partition(self, partition: int) -> Database:
        path = self.partition_path(partition)
        try:
            return self._opened(path)
        except BrokenStateError:
            return self._opened(path)  # a new one: the broken one was set aside

    def _opened(self, path: Path) -> Database:
        with set_aside_if_broken(path):
            rocksdb = self._rocks.open(path)
        path.chmod(PRIVATE)
        return Database(path, rocksdb)

    def persisted_offset(self, tp: Any) -> int | None:
        """Tell Faust where to go on; state that is of no use is put away first."""
        if not self._is_usable(tp.partition):
            self._dbs.pop(tp.partition)
            gc.collect()  # closes it
            shutil.rmtree(self.partition_path(tp.partition), ignore_errors=True)
        offset = self.restored_offset(tp.partition)
        return None if offset == NO_OFFSET else offset

    def _is_usable(self, partition: int) -> bool:
        try:
            saved = self.database(partition).get(SAVED)
            self.restored_offset(partition)
        except BrokenStateError:
            return False
        if saved is None or time.time() - float(saved) <= STALE_AFTER_S:
            return True
        logger.warning("Partition %d: local state is too old, reading all", partition)
        return False

    def apply_changelog_batch(self, batch: Any, to_key: Any, to_value: Any) -> None:
        """Do nothing: `streams.engine.recovery` has written the rows when Faust hears of them."""

    def database(self, partition: int) -> Database:
        """The partition's open RocksDB. Ask again after every rebalance: Faust closes it."""
        found: Database = self._db_for_partition(partition)
        return found

    def is_new(self, partition: int) -> bool:
        """Whether nothing was ever written."""
        return self.database(partition).get(SAVED) is None

    def restored_offset(self, partition: int) -> int:
        """Changelog offset the rows are good for; `NO_OFFSET`: none."""
        stored = self.database(partition).get(self.offset_key)
        return NO_OFFSET if stored is None else int(stored)

    def topic_ids(self, partition: int) -> dict[str, bytes]:
        """Ids of the topics that the rows were made from, by full name."""
        return topic_ids.unpack(self.database(partition).get(topic_ids.KEY))

    def note_topic_ids(self, partition: int, ids: Mapping[str, bytes]) -> None:
        """Keep the ids of topics beside the rows."""
        before = self.topic_ids(partition)
        batch = rocksdict.WriteBatch(raw_mode=True)
        batch.put(topic_ids.KEY, topic_ids.pack({**before, **ids}))
        self.database(partition).write(batch)

    def write(
        self,
        partition: int,
        rows: Iterable[tuple[bytes, bytes | None]],
        offset: int,
        saved_s: float | None = None,
    ) -> None:
        """Write rows (None deletes) and the changelog offset they are good for, atomically.

        ``saved_s``: the wall clock if the state is complete with these rows.
        """
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in rows:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        if offset > NO_OFFSET:
            batch.put(self.offset_key, b"%d" % offset)
            if saved_s is not None:
                batch.put(SAVED, b"%d" % saved_s)
        self.database(partition).write(batch)


class StateTable(Table):
    """The one table of the app: raw bytes, kept in a `StateStore`."""

    def _new_store(self) -> StateStore:
        return StateStore(
            "rocksdb://", self.app, self, table_name=self.name, key_type=bytes, value_type=bytes,
            key_serializer="raw", value_serializer="raw", loop=self.loop, options=self.options,
        )  # fmt: skip


class PartitionStore:
    """`streams.state.store.Store` over one RocksDB: the rows as of the last commit."""

    def __init__(self, database: Callable[[], Database], cache_bytes: Callable[[], int]) -> None:
        """``database``: returns the open RocksDB; ``cache_bytes``: the most that rows may take."""
        self._database = database
        self._cache_bytes = cache_bytes
        self._cache: OrderedDict[bytes, bytes | None] = OrderedDict()
        self.cached_bytes = 0
        """What the rows in memory take."""
        self._emptied = Emptied()

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        cache = self._cache
        missing = [key for key in keys if key not in cache]
        if missing:
            self._read(missing)
        for key in keys:
            cache.move_to_end(key)
        found = [cache[key] for key in keys]
        self._shrink()
        return found

    def _read(self, keys: list[bytes]) -> None:
        unique = list(dict.fromkeys(keys))
        for key, row in zip(unique, self._database().get_many(unique), strict=True):
            self.cached_bytes += _footprint(key, row)
            self._cache[key] = row

    def scan(self, start: bytes, stop: bytes, most: int = ALL) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` rows with ``start <= key < stop`` in key order."""
        first = self._emptied.skip(start)
        rows = list(islice(self._database().scan(first, stop), most)) if first < stop else []
        if len(rows) == most:  # beyond the last one it was not looked
            stop = rows[-1][0] + b"\x00"
        self._emptied.scanned(start, stop, [key for key, _ in rows])
        return rows

    def users(self, heads: set[bytes]) -> list[bytes]:
        """Return the pseudonyms that begin with one of ``heads`` (8 bytes each)."""
        database = self._database()
        ranges = [database.scan(USER + head, USER + head + b"\xff" * 9) for head in heads]
        return [key[1:] for rows in ranges for key, _ in rows]

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users behind a pseudonym; none of them is cached."""
        rows = self._database().scan(USER + user + b"\x00", USER + b"\xff" * 17)
        return [(key[1:], row) for key, row in islice(rows, most)]

    def apply(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Take over rows that were committed and written; the cache keeps what was read."""
        for key, value in rows.items():
            if key in self._cache:
                self.cached_bytes += len(value or b"") - len(self._cache[key] or b"")
                self._cache[key] = value
        self._emptied.changed(rows)

    def _shrink(self) -> None:
        most = self._cache_bytes()
        while self.cached_bytes > most:
            self.cached_bytes -= _footprint(*self._cache.popitem(last=False))


def _footprint(key: bytes, row: bytes | None) -> int:
    return ENTRY_BYTES + len(key) + len(row or b"")
