"""Sessions of the past as a bundle carries them: who had an item, and what else they had.

Two tables in the files' form of `models.bundle.tables`: ``session_led`` leads from an item's place to
numbers of the sessions that had it, newest first, ``session_held`` from a session's number to places of
items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.bundle.manifest import BundleError

LED, HELD = "session_led", "session_held"
Ints = NDArray[np.int64]
Table = tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float32]]
"""Starts, entries, scores."""
_NONE: Table = (np.zeros(1, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.float32))


@dataclass(slots=True, frozen=True)
class Sessions:
    """``items``: sorted hashes whose places the tables name."""

    items: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    led: Table = _NONE
    held: Table = _NONE

    def __len__(self) -> int:
        """Sessions."""
        return len(self.held[0]) - 1

    @classmethod
    def of(cls, items: NDArray[np.uint64], tables: Mapping[str, list[NDArray[Any]]]) -> Self:
        """Return the sessions of two tables.

        Raises:
            BundleError: one is missing, or they do not fit each other.
        """
        if set(tables) != {LED, HELD}:
            raise BundleError(f"sessions need both {LED} and {HELD}")
        led, held = ((t[0], t[1], t[2]) for t in (tables[LED], tables[HELD]))
        whole = all(len(t[1]) == len(t[2]) == int(t[0][-1]) for t in (led, held) if len(t[0]))
        sessions = len(held[0]) - 1
        inside = int(led[1].max(initial=0)) < max(sessions, 1)
        inside &= int(held[1].max(initial=0)) < max(len(items), 1)
        if not (whole and inside and len(led[0]) == len(items) + 1 and sessions >= 0):
            raise BundleError("the columns of the sessions do not fit each other")
        return cls(items, led, held)

    def led_by(
        self, keys: NDArray[np.uint64], limit: int
    ) -> tuple[Ints, NDArray[np.uint32], NDArray[np.float32]]:
        """Return (row, session, score) of the newest ``limit`` sessions of each item."""
        if not len(self.items):
            return np.zeros(0, np.int64), self.led[1][:0], self.led[2][:0]
        at = np.minimum(np.searchsorted(self.items, keys), len(self.items) - 1)
        return _entries(self.led, at, limit, self.items[at] == keys)

    def held_in(
        self, sessions: NDArray[np.uint32]
    ) -> tuple[Ints, NDArray[np.uint64], NDArray[np.float32]]:
        """Return (row, item, score) of all that each session had."""
        row, place, score = _entries(self.held, sessions.astype(np.int64))
        return row, self.items[place], score


def _entries(
    table: Table, at: Ints, limit: int | None = None, told: NDArray[np.bool_] | None = None
) -> tuple[Ints, NDArray[np.uint32], NDArray[np.float32]]:
    first = table[0][at].astype(np.int64)
    count = table[0][at + 1] - first
    count = count if limit is None else np.minimum(count, limit)
    count = count if told is None else count * told
    row = np.repeat(np.arange(len(at)), count)
    index = np.arange(len(row)) + np.repeat(first - (np.cumsum(count) - count), count)
    return row, table[1][index], table[2][index]
