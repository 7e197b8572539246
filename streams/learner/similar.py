"""The neighbours an epoch carries, worked out anew only when there is news."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.learner.kept import Kept
from streams.learner.meetings import MeetingCounts
from streams.learner.popular import Packed, Table, pack

MAX_SOURCES = 12_000
"""Items with neighbours; a list of 20 takes 260 bytes, so this is what may fit."""
NEWS_SHARE = 0.05
"""Meetings must grow by so much before all neighbours are worked out again: with millions of
pairs that takes about a second."""
NEWS_AFTER_MS = 24 * 3_600_000
"""Or so much time must pass."""
LAUNCHED = 3
"""An item that came into so many histories since then has neighbours with the next epoch, and so
have the items it met: only these lists are worked out anew."""


class Similar(Kept):
    """Remembers the neighbour lists of the last time it worked them out."""

    KEEPS = ("_lists", "_listed", "_met", "_at_ms")

    def __init__(self) -> None:
        self._lists: dict[int, Packed] | None = None
        self._listed = np.zeros(0, np.uint64)
        self._met = 0
        self._at_ms = 0

    def forget(self) -> None:
        """Work the lists out next time."""
        self._lists = None

    def due(self, meetings: MeetingCounts, now_ms: int) -> bool:
        """Tell whether there is enough news to work the lists out again."""
        grown = meetings.met - self._met > NEWS_SHARE * self._met
        return self._lists is None or grown or now_ms - self._at_ms >= NEWS_AFTER_MS

    def lists(
        self, table: Table, meetings: MeetingCounts, now_ms: int, limit: int
    ) -> dict[int, Packed]:
        """Return item -> its ``limit`` most similar items, the most frequent items first."""
        if self._lists is None or self.due(meetings, now_ms):
            self._met, self._at_ms = meetings.met, now_ms
            self._lists = _lists_of(table, meetings, limit, _frequent(table))
            self._listed = table.hashes[_ready(table)]
        else:
            self._lists = self._with_launched(self._lists, table, meetings, limit)
        return self._lists

    def _with_launched(
        self, lists: dict[int, Packed], table: Table, meetings: MeetingCounts, limit: int
    ) -> dict[int, Packed]:
        """Return the lists with those of items that became known, and of what these met."""
        ready = _ready(table)
        launched = ready & ~np.isin(table.hashes, self._listed)
        if not launched.any():
            return lists
        self._listed = table.hashes[ready]
        near = launched | (meetings.partners(launched) & table.named)
        return lists | _lists_of(table, meetings, limit, np.flatnonzero(near))


def _ready(table: Table) -> NDArray[np.bool_]:
    ready: NDArray[np.bool_] = table.named & (table.occurred >= LAUNCHED)
    return ready


def _frequent(table: Table) -> NDArray[np.int64]:
    """The slots of the `MAX_SOURCES` most frequent items, most frequent first."""
    frequent = np.flatnonzero(table.named & (table.occurred > 0))
    return frequent[np.lexsort((table.rank[frequent], -table.occurred[frequent]))][:MAX_SOURCES]


def _lists_of(
    table: Table, meetings: MeetingCounts, limit: int, chosen: NDArray[np.int64]
) -> dict[int, Packed]:
    """Return the lists of the ``chosen`` slots, in their order; an empty one is left out."""
    sources = np.zeros(len(table.hashes), bool)
    sources[chosen] = True
    found = meetings.neighbours(sources, table.named, table.rank, table.occurred, limit)
    start = np.searchsorted(found.source, chosen)
    stop = np.searchsorted(found.source, chosen + 1)
    items, scores = pack(table, found.item, found.score)
    ranges = zip(chosen.tolist(), start.tolist(), stop.tolist(), strict=True)
    return {
        int(table.hashes[slot]): (items[low * 8 : high * 8], scores[low * 4 : high * 4])
        for slot, low, high in ranges
        if high > low
    }
