"""How much a category is of its season: its share of each calendar month against its share of all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.learner.index import HashIndex
from streams.learner.kept import Kept

Ints = NDArray[np.int64]
MONTHS = 12
PRIOR_EVENTS = 50.0
"""How many events of a month, at the category's usual share, say that it is like any other."""
LEAST_MONTHS = 2
"""In a log that knows one month, nothing has a season."""


MOST_CATEGORIES = 100_000
"""Categories followed; beyond, the smallest go."""


class Seasons(Kept):
    """Events by category and calendar month (UTC): 112 bytes a category, for ever.

    A category's share is compared, not its count: a shop that grows gives nobody a season.
    """

    KEEPS = ("_index", "_events")

    def __init__(self) -> None:
        self._index = HashIndex()
        self._events = np.zeros((0, MONTHS), np.int64)

    def add(self, categories: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count events."""
        slots = self._index.slots(categories)
        more = np.zeros((len(self._index) - len(self._events), MONTHS), np.int64)
        self._events = np.concatenate((self._events, more))
        np.add.at(self._events, (slots, _month(ts_ms)), 1)
        if len(self._index) > MOST_CATEGORIES:
            self._forget()

    def of(self, categories: NDArray[np.uint64], now_ms: int) -> NDArray[np.float64]:
        """Return log(observed / expected) of this calendar month per category; NaN: not known."""
        by_month, unknown = self._events.sum(axis=0), np.full(len(categories), np.nan)
        if np.count_nonzero(by_month) < LEAST_MONTHS:
            return unknown
        held = {int(h): n for n, h in enumerate(self._index.hashes().tolist())}
        rows = np.array([held.get(each, -1) for each in categories.tolist()], np.int64)
        month = int(_month(np.array([now_ms]))[0])
        mine = self._events[rows]
        expected = by_month[month] * mine.sum(axis=1) / by_month.sum()
        ratio = np.log((mine[:, month] + PRIOR_EVENTS) / (expected + PRIOR_EVENTS))
        return np.where(rows >= 0, ratio, unknown)

    def _forget(self) -> None:
        smallest_first = np.lexsort((self._index.hashes(), self._events.sum(axis=1)))
        kept = np.ones(len(self._index), bool)
        kept[smallest_first[: len(self._index) - MOST_CATEGORIES * 7 // 8]] = False
        self._index.keep(kept)
        self._events = self._events[kept]


def _month(ts_ms: Ints) -> Ints:
    """The calendar month of each instant, January is 0."""
    months: Ints = ts_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    return months % MONTHS
