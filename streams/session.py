"""One batch's workspace over a partition's store: reads its own writes, mutates nothing.

What it gathered becomes the `Effects` that the engine commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import NEVER_MS, UserState
from schemas.tables import EventBatch, Output, SourceRecord
from streams.aggregate import unpack_rows
from streams.store import MARKER, NAME, TIMER, USER, Effects, Store

Key = tuple[Any, ...]
"""Where an output belongs in the batch: (position, phase, pseudonym, kind, running number)."""


class Marker(msgspec.Struct):
    """What a partition remembers about itself, inside every transaction.

    ``counts``: the law-4 counters; ``next_offsets``: per source topic the first offset not yet
    processed; ``secret``: fingerprint of the key that made the pseudonyms.
    """

    stream_ms: int = NEVER_MS
    epoch: int = 0
    secret: str = ""
    counts: dict[str, int] = {}
    suppressed: dict[str, int] = {}
    next_offsets: dict[str, int] = {}


def read_marker(store: Store) -> Marker:
    """Return the partition's marker; a new partition has a fresh one."""
    row = store.get_many([MARKER])[0]
    return msgspec.msgpack.decode(row, type=Marker) if row else Marker()


class Session:
    """The rows, names, timers and outputs of one batch in the making."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[bytes, bytes | None] = {}
        self._names: dict[int, str | None] = {}
        self._outputs: list[tuple[Key, Output]] = []
        self.marker = read_marker(store)
        self.fresh_names: dict[int, str] = {}

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key as this batch left it."""
        missing = [key for key in keys if key not in self._rows]
        found = dict(zip(missing, self._store.get_many(missing), strict=True)) if missing else {}
        return [self._rows[key] if key in self._rows else found[key] for key in keys]

    def put(self, key: bytes, value: bytes | None) -> None:
        """Write a row; None deletes."""
        self._rows[key] = value

    def emit(self, outputs: Iterable[tuple[Key, Output]]) -> None:
        """Publish with the batch, ordered by key."""
        self._outputs += outputs

    def due_users(self, until_ms: int) -> list[bytes]:
        """Return the pseudonyms of users with a timer due by then."""
        stop = TIMER + (until_ms + 1).to_bytes(8, "big")
        rows = dict(self._store.scan(TIMER, stop))
        rows |= {key: b"" for key, v in self._rows.items() if TIMER <= key < stop and v is not None}
        return [key[9:] for key in sorted(rows) if self._rows.get(key, b"") is not None]

    def state(self, keys: list[bytes]) -> UserState:
        """Return the users' rows as columns."""
        return unpack_rows(keys, self.get_many([USER + key for key in keys]))

    def index_timers(self, before: dict[bytes, int], after: dict[bytes, int]) -> None:
        """Move each user's entry in the timer index from its earlier due time to the next."""
        for key, old in before.items():
            new = after[key]
            if old != new and old >= 0:
                self.put(_timer_key(old, key), None)
            if old != new and new >= 0:
                self.put(_timer_key(new, key), b"")

    def remember(self, names: dict[int, str]) -> None:
        """Put the text of hashes that the partition sees for the first time in its dictionary."""
        unknown = [number for number in names if number not in self._names]
        rows = self.get_many([_name_key(number) for number in unknown])
        for number, row in zip(unknown, rows, strict=True):
            if row is None:
                self.put(_name_key(number), names[number].encode())
                self.fresh_names[number] = names[number]
            self._names[number] = names[number]

    def text(self, number: int) -> str | None:
        """Return the text of a hash, None when this partition never saw it."""
        if number == NO_ID:
            return None
        if number not in self._names:
            row = self.get_many([_name_key(number)])[0]
            self._names[number] = None if row is None else row.decode()
        return self._names[number]

    def count(self, counts: dict[str, int]) -> None:
        """Add to the law-4 counters."""
        for name, n in counts.items():
            self.marker.counts[name] = self.marker.counts.get(name, 0) + n

    def effects(self) -> Effects:
        """Return everything as one unit of commit."""
        self.put(MARKER, msgspec.msgpack.encode(self.marker))
        ordered = sorted(self._outputs, key=lambda pair: pair[0])
        return Effects(self._rows, [output for _, output in ordered])


class Offsets:
    """Source offsets of a batch: what had been read when the record at a position was applied."""

    def __init__(self, before: dict[str, int], records: list[SourceRecord]) -> None:
        self._before = before
        self._positions: dict[str, list[int]] = {}
        self._next: dict[str, list[int]] = {}
        for pos, record in enumerate(records):
            self._positions.setdefault(record.topic, []).append(pos)
            self._next.setdefault(record.topic, []).append(record.offset + 1)

    def at(self, pos: int) -> dict[str, int]:
        """Return the first offset per topic that was not yet applied after record ``pos``."""
        found = dict(self._before)
        for topic, positions in self._positions.items():
            n = int(np.searchsorted(positions, pos, side="right"))
            if n:
                found[topic] = self._next[topic][n - 1]
        return found


def next_due(state: UserState) -> dict[bytes, int]:
    """Return each user's earliest timer in ms, -1 without one."""
    none = np.iinfo(np.int64).max
    due: NDArray[np.int64] = np.full(len(state), none)
    np.minimum.at(due, state.timers.slots, state.timers.data["due_ms"])
    return dict(zip(state.keys, np.where(due == none, -1, due).tolist(), strict=True))


def batch_users(batch: EventBatch, due: list[bytes]) -> list[bytes]:
    """The batch's users in its order, then those who only have a timer due."""
    known = set(batch.keys)
    return batch.keys + [key for key in due if key not in known]


def _timer_key(due_ms: int, key: bytes) -> bytes:
    return TIMER + due_ms.to_bytes(8, "big") + key


def _name_key(number: int) -> bytes:
    return NAME + number.to_bytes(8, "little")
