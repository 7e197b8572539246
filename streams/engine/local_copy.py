"""A partition's local state as a tool sees it, while no worker runs: rows, and how far they go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import rocksdict

from streams.engine import progress, topic_ids
from streams.engine.options import TABLE
from streams.engine.store import NO_OFFSET, SAVED, StateStore
from streams.settings import Settings

OWN = (StateStore.offset_key, SAVED, topic_ids.KEY)
"""Rows that are in no changelog."""


def worker_dir(settings: Settings) -> Path:
    """Where a worker keeps its local state."""
    return Path(settings.data_dir) / "worker"


class LocalCopy:
    """One RocksDB of a worker; the worker's claim on its directory must be held."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self.path = worker_dir(settings) / "v1" / "tables" / f"{TABLE}-{partition}.db"

    def exists(self) -> bool:
        """Whether there is one."""
        return self.path.exists()

    def offset(self) -> int:
        """Return the changelog offset that the rows are good for, `NO_OFFSET`: none."""
        with self._opened() as rows:
            stored = rows.get(StateStore.offset_key)
            return NO_OFFSET if stored is None else int(stored)

    def contained(self) -> dict[str, int]:
        """Return, for each topic, the first offset that the rows do not contain."""
        with self._opened() as rows:
            return progress.unpack(rows.get(progress.KEY)).next

    def rows(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows as the changelog has them; the engine's progress comes last."""
        with self._opened() as rows:
            for key, value in rows.items():
                if key not in (*OWN, progress.KEY):
                    yield key, value
            yield progress.KEY, rows[progress.KEY]

    def topic_ids(self) -> dict[str, bytes]:
        """Return the ids of the topics that the rows were made from, by full name."""
        with self._opened() as rows:
            return topic_ids.unpack(rows.get(topic_ids.KEY))

    def good_for(self, offset: int, ids: Mapping[str, bytes]) -> None:
        """Note the offset, and the ids of the changelog that the rows are good for now."""
        with self._opened() as rows:
            before = topic_ids.unpack(rows.get(topic_ids.KEY))
            rows[topic_ids.KEY] = topic_ids.pack({**before, **ids})
            rows[StateStore.offset_key] = b"%d" % offset

    def remove(self) -> None:
        """Delete it: a worker reads the changelog instead."""
        shutil.rmtree(self.path)

    def _opened(self) -> rocksdict.Rdict:
        return rocksdict.Rdict(str(self.path), options=rocksdict.Options(raw_mode=True))
