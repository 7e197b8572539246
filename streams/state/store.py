"""What the pipeline needs of a partition's state, and what it hands back to be committed."""

from __future__ import annotations

import sys
from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import NamedTuple, Protocol

from schemas.tables import Output, SourceRecord

ALL = sys.maxsize
"""As many rows as there are."""
USER = b"U"
"""Key prefix of a user's packed row; the 16-byte pseudonym follows."""
NAMES = (b"N", b"n")
"""Key prefixes of the dictionary's generations, by turns; `streams.state.dictionary` says what follows."""
TIMER = b"T"
"""Key prefix of the timer index; due time (8 bytes big-endian) and pseudonym follow."""
MARKER = b"M"
"""Key of the partition's marker: counters, stream time, adopted epoch."""
SET_ASIDE = b"Q"
"""Key prefix of a user's row that is set aside, as it was; the 16-byte pseudonym follows."""


def next_due_ms(store: Store) -> int | None:
    """Return when a partition's next timer is due, ms; None: it has none."""
    first = store.scan(TIMER, TIMER + b"\xff" * 9, 1)
    return int.from_bytes(first[0][0][len(TIMER) : len(TIMER) + 8], "big") if first else None


def is_user_after(key: bytes, user: bytes) -> bool:
    """Whether a key is that of a user's row behind a pseudonym; b"": of any."""
    return key.startswith(USER) and key[1:] > user


class StoreError(RuntimeError):
    """The local state is of no use: the process must end, the next start rebuilds it from the log."""


class UndecidedError(Exception):
    """A batch cannot be decided now, and nothing of it may be set aside: try again later.

    The message names no value of a record.
    """


class ForeignStateError(RuntimeError):
    """The partition's state was made with another secret: its users would all be new."""


class Store(Protocol):
    """One partition's rows, as of the last commit."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        ...

    def scan(self, start: bytes, stop: bytes, most: int = ALL) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` rows with ``start <= key < stop`` in key order."""
        ...

    def users(self, heads: set[bytes]) -> list[bytes]:
        """Return the pseudonyms that begin with one of ``heads`` (8 bytes each)."""
        ...

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users (pseudonym, row) behind a pseudonym, in order."""
        ...


class Work(NamedTuple):
    """A merged batch of a partition, to be decided on its rows."""

    partition: int
    store: Store
    records: list[SourceRecord]


@dataclass(slots=True)
class Effects:
    """What a batch does to the world: committed as one transaction, or not at all.

    ``rows``: state writes, None deletes; ``outputs`` in publishing order. ``left``: how many records at
    the end of the batch are not in it; they are given again once it is committed.
    """

    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    decided: int = 0
    left: int = 0


class MemoryStore:
    """A partition's rows in a dictionary: replay, training and tests."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self._timers: list[bytes] = []  # sorted: the only rows that are ever scanned

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        return [self.rows.get(key) for key in keys]

    def scan(self, start: bytes, stop: bytes, most: int = ALL) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` timer rows with ``start <= key < stop`` in key order."""
        low, high = bisect_left(self._timers, start), bisect_left(self._timers, stop)
        return [(key, self.rows[key]) for key in self._timers[low : min(high, low + most)]]

    def users(self, heads: set[bytes]) -> list[bytes]:
        """Return the pseudonyms that begin with one of ``heads``; looks at every row."""
        return [key[1:] for key in self.rows if key.startswith(USER) and key[1:9] in heads]

    def users_after(self, user: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Return the first ``most`` users behind a pseudonym; looks at every row."""
        keys = nsmallest(most, (key for key in self.rows if is_user_after(key, user)))
        return [(key[1:], self.rows[key]) for key in keys]

    def apply(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Write committed rows."""
        for key, value in rows.items():
            if key.startswith(TIMER) and (key in self.rows) != (value is not None):
                self._move_timer(key, value is not None)
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value

    def _move_timer(self, key: bytes, present: bool) -> None:
        if present:
            insort(self._timers, key)
        else:
            del self._timers[bisect_left(self._timers, key)]
