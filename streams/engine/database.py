"""A RocksDB whose errors are told apart: the copy on this disk is broken, or the machine is short."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streams.state.store import StoreError

logger = logging.getLogger(__name__)

BROKEN = ".broken"
"""End of the name of a database that was set aside; the newest one of a worker is kept."""
SHORTAGES = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM,
    errno.EACCES, errno.EPERM, errno.EROFS, errno.EAGAIN, errno.ENOLCK,
)  # fmt: skip
"""What only the machine can be blamed for; the last two: somebody else has the database open."""


class BrokenStateError(StoreError):
    """A partition's local state could not be read and was set aside; the next start rebuilds it."""


class Database:
    """An open RocksDB; keys and values are bytes.

    Every method raises:
        BrokenStateError: its files cannot be read; they were set aside. This object is of no use.
        OSError: the machine's fault, its errno says which; the files are kept.
    """

    def __init__(self, path: Path, rocksdb: Any) -> None:
        """``rocksdb``: the `rocksdict.Rdict` at ``path``, in raw mode."""
        self._path = path
        self.rocksdb = rocksdb

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, None where there is none."""
        with set_aside_if_broken(self._path):
            value: bytes | None = self.rocksdb.get(key)
            return value

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        with set_aside_if_broken(self._path):
            values: list[bytes | None] = self.rocksdb.get(keys)
            return values

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows with ``start <= key < stop`` in key order."""
        with set_aside_if_broken(self._path):
            rows = self.rocksdb.iter()
            rows.seek(start)
            while rows.valid() and (key := rows.key()) < stop:
                yield key, rows.value()
                rows.next()
            rows.status()  # a block that cannot be read looks like the end of the rows

    def write(self, batch: Any) -> None:
        """Write a `rocksdict.WriteBatch`, all or nothing."""
        with set_aside_if_broken(self._path):
            self.rocksdb.write(batch)


@contextmanager
def set_aside_if_broken(path: Path) -> Iterator[None]:
    """Translate what RocksDB says of the database at ``path``; a broken one is moved away.

    Raises:
        BrokenStateError, OSError: as a `Database` does.
    """
    try:
        yield
    except Exception as error:
        if type(error) is not Exception and not isinstance(error, OSError):
            raise  # not RocksDB's, which are plain ones
        said = str(error)
        for code in SHORTAGES:
            if os.strerror(code) in said:
                raise OSError(code, f"local state is kept: {os.strerror(code)}", path) from error
        _set_aside(path, said)
        raise BrokenStateError(f"{path} could not be read") from error


def _set_aside(path: Path, said: str) -> None:
    if not path.exists():
        return
    aside = path.with_name(path.name + BROKEN)
    for older in path.parent.glob("*" + BROKEN):
        shutil.rmtree(older) if older.is_dir() else older.unlink()
    path.rename(aside)
    logger.error(
        "Local state cannot be read (%s): set aside as %s, the changelog has it all",
        ":".join(said.split("  ")[0].split(":")[:2]),
        aside,
    )
