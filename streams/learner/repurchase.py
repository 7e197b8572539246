"""After how long users buy in a category again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.learner.index import HashIndex
from streams.learner.kept import Kept

Ints = NDArray[np.int64]
DAY_MS = 86_400_000
LEAST_MS = 3_600_000
"""Purchases within an hour are one."""
PRIOR_INTERVALS = 20.0
"""How many intervals of a category those of all categories count for."""
MOST_PAIRS = 2_000_000
"""User x category pairs remembered (24 bytes each): beyond, those not bought for longest go."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NEVER = -1
_GROUP_BITS = 43  # milliseconds until the year 2248


class Intervals(Kept):
    """Intervals between purchases of a user in a category: whole hours, summed as log-hours.

    Open intervals do not count: an interval is seen when it ends. A user's purchases come in the
    order of their partition; one that is older than the last seen is none of an interval.
    """

    KEEPS = ("_pairs", "_last_ms", "_categories", "_count", "_milli_logs")

    def __init__(self, most_pairs: int = MOST_PAIRS) -> None:
        self._most = most_pairs
        self._pairs = HashIndex()
        self._last_ms = np.zeros(0, np.int64)
        self._categories = HashIndex()
        self._count = np.zeros(0, np.int64)
        self._milli_logs = np.zeros(0, np.int64)

    def add(self, users: NDArray[np.uint64], categories: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count purchases."""
        told = categories != 0
        users, categories, ts_ms = users[told], categories[told], ts_ms[told]
        if not len(users):
            return
        slots = self._pairs.slots(users ^ (categories * _MIX))
        places = self._categories.slots(categories)
        self._last_ms = _grown(self._last_ms, len(self._pairs), _NEVER)
        self._count = _grown(self._count, len(self._categories), 0)
        self._milli_logs = _grown(self._milli_logs, len(self._categories), 0)
        order = np.argsort(slots, kind="stable")
        self._bought(slots[order], places[order], ts_ms[order])
        self._forget()

    def days(self, categories: NDArray[np.uint64]) -> NDArray[np.float64]:
        """Return the geometric mean interval of each category, days; NaN before any was seen.

        Shrunk to that of all categories by `PRIOR_INTERVALS`; 0 asks for all together.
        """
        total = int(self._count.sum())
        if not total:
            return np.full(len(categories), np.nan)
        usual = self._milli_logs.sum() / total
        held = {int(h): n for n, h in enumerate(self._categories.hashes().tolist())}
        rows = np.array([held.get(each, -1) for each in categories.tolist()], np.int64)
        count = np.where(rows >= 0, self._count[rows], 0)
        logs = np.where(rows >= 0, self._milli_logs[rows], 0)
        mean = (logs + PRIOR_INTERVALS * usual) / (count + PRIOR_INTERVALS)
        days: NDArray[np.float64] = np.exp(mean / 1000.0) / 24.0
        return days

    def _bought(self, slots: Ints, places: Ints, ts_ms: Ints) -> None:
        """Take in purchases sorted by pair, each pair's in order."""
        newest = _newest_so_far(slots, np.maximum(ts_ms, self._last_ms[slots]))
        again = np.append(False, slots[1:] == slots[:-1])
        last_ms = np.where(again, np.roll(newest, 1), self._last_ms[slots])
        self._last_ms[slots] = newest  # the last of a pair is written last
        ended = (last_ms != _NEVER) & (ts_ms - last_ms >= LEAST_MS)
        # Thousandths in whole numbers: sums do not depend on their order.
        logs = np.rint(1000.0 * np.log((ts_ms - last_ms)[ended] / LEAST_MS)).astype(np.int64)
        np.add.at(self._milli_logs, places[ended], logs)
        np.add.at(self._count, places[ended], 1)

    def _forget(self) -> None:
        if len(self._pairs) > self._most:
            oldest_first = np.lexsort((self._pairs.hashes(), self._last_ms))
            kept = np.ones(len(self._pairs), bool)
            kept[oldest_first[: len(self._pairs) - self._most * 7 // 8]] = False
            self._pairs.keep(kept)
            self._last_ms = self._last_ms[kept]


def _grown(column: Ints, length: int, value: int) -> Ints:
    return np.concatenate((column, np.full(length - len(column), value, np.int64)))


def _newest_so_far(slots: Ints, ts_ms: Ints) -> Ints:
    """The running maximum of each slot's times; slots are sorted."""
    group = np.cumsum(np.append(0, slots[1:] != slots[:-1])) << _GROUP_BITS
    newest: Ints = np.maximum.accumulate(group + ts_ms) - group
    return newest
