"""Which items meet in a user's recent history: the raw material of item-to-item neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.learner.index import HashIndex
from streams.learner.kept import Kept
from streams.shared.arrays import places

HISTORY = 20
"""Distinct items remembered per user: with 0.8 a step back, the 21st would weigh 1%."""
_KEEP_EIGHTHS = 7
_NOBODY = -1
PART = 65_536
"""Users looked at together: what that takes stays within some tens of megabytes."""

Homes = NDArray[np.int32]


@dataclass(slots=True)
class Meetings:
    """``later`` came into a history that held ``earlier``, ``distance`` steps back (from 0)."""

    earlier: NDArray[np.int64]
    later: NDArray[np.int64]
    distance: NDArray[np.int64]
    entered: NDArray[np.int64]
    """The items that came in, met or not."""


class Visits(Kept):
    """The last `HISTORY` distinct items of each user, latest first: 116 bytes a user.

    An item that is still in the history moves to the front and meets nobody again: one user's
    repeats say nothing new. Beyond ``most_users`` the users not seen for longest are forgotten.
    """

    KEEPS = ("_index", "_items", "_last_ms", "_home")

    def __init__(self, most_users: int) -> None:
        self._most_users = most_users
        self._index = HashIndex()
        self._items = np.full((0, HISTORY), _NOBODY, np.int32)
        self._last_ms = np.zeros(0, np.int64)
        self._home = np.zeros(0, np.int32)

    def __len__(self) -> int:
        """Users remembered."""
        return len(self._index)

    def enter(
        self,
        users: NDArray[np.uint64],
        items: NDArray[np.int64],
        ts_ms: NDArray[np.int64],
        homes: NDArray[np.uint32] | int = 0,
    ) -> Meetings:
        """Take in visits, each user's in order, and return who met whom.

        ``homes``: the partition each visit came from.
        """
        slots = self._index.slots(users)
        self._grow()
        self._home[slots] = homes
        np.maximum.at(self._last_ms, slots, ts_ms)
        rounds = [self._step(*step) for step in _rounds(slots, items)]
        nobody = np.zeros(0, np.int64)
        columns = zip(*rounds, strict=True) if rounds else iter([[nobody]] * 4)
        met = Meetings(*(np.concatenate(column) for column in columns))
        self._forget()
        return met

    def histories(self) -> Iterator[tuple[NDArray[np.uint64], Homes, NDArray[np.int32]]]:
        """Yield (users, their partitions, items [users, `HISTORY`] latest first, -1 none) in parts."""
        hashes = self._index.hashes()
        for start in range(0, len(self), PART):
            part = slice(start, start + PART)
            yield hashes[part], self._home[part], self._items[part]

    def rename(self, renumbered: NDArray[np.int64]) -> None:
        """Follow a renumbering of items; those that are gone (-1) leave a gap."""
        held = self._items >= 0
        self._items[held] = renumbered[self._items[held]]

    def _step(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], ...]:
        """Move each of some distinct users on by one item."""
        held = self._items[users]
        same = held == items[:, None]
        known = same.any(axis=1)
        depth = np.where(known, same.argmax(axis=1), HISTORY - 1)
        shifted = np.arange(1, HISTORY) <= depth[:, None]
        self._items[users, 1:] = np.where(shifted, held[:, :-1], held[:, 1:])
        self._items[users, 0] = items
        fresh = ~known
        row, distance = np.nonzero(held[fresh] >= 0)
        entered = items[fresh]
        return held[fresh][row, distance].astype(np.int64), entered[row], distance, entered

    def _grow(self) -> None:
        missing = len(self._index) - len(self._items)
        if missing > 0:
            more = np.full((missing, HISTORY), _NOBODY, np.int32)
            self._items = np.concatenate((self._items, more))
            self._last_ms = np.concatenate((self._last_ms, np.zeros(missing, np.int64)))
            self._home = np.concatenate((self._home, np.zeros(missing, np.int32)))

    def _forget(self) -> None:
        if len(self) <= self._most_users:
            return
        oldest_first = np.lexsort((self._index.hashes(), self._last_ms))
        kept = np.ones(len(self), bool)
        kept[oldest_first[: len(self) - self._most_users * _KEEP_EIGHTHS // 8]] = False
        self._index.keep(kept)
        self._items, self._last_ms = self._items[kept], self._last_ms[kept]
        self._home = self._home[kept]


def _rounds(
    users: NDArray[np.int64], items: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (users, items) such that a user occurs once in each and the order per user is kept."""
    order = np.argsort(users, kind="stable")
    users, items = users[order], items[order]
    # The same item again, right away, changes nothing: drop it, bursts are common.
    moved = np.ones(len(users), bool)
    moved[1:] = (users[1:] != users[:-1]) | (items[1:] != items[:-1])
    users, items = users[moved], items[moved]
    turn = places(users)
    order = np.argsort(turn, kind="stable")
    users, items = users[order], items[order]
    start = 0
    for end in np.cumsum(np.bincount(turn)).tolist():
        yield users[start:end], items[start:end]
        start = end
