"""The neighbours an epoch carries, worked out anew only when there is news."""

from __future__ import annotations

import numpy as np

from streams.learn.meetings import MeetingCounts
from streams.learn.popular import Packed, Table, pack

MAX_SOURCES = 12_000
"""Items with neighbours; a list of 20 takes 260 bytes, so this is what may fit."""
NEWS_SHARE = 0.05
"""Meetings must grow by so much before all neighbours are worked out again: with millions of
pairs that takes about a second."""
NEWS_AFTER_MS = 24 * 3_600_000
"""Or so much time must pass: a new item has neighbours after a day at the latest."""


class Similar:
    """Remembers the neighbour lists of the last time it worked them out."""

    def __init__(self) -> None:
        self._lists: dict[int, Packed] | None = None
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
            self._lists = _all_lists(table, meetings, limit)
        return self._lists


def _all_lists(table: Table, meetings: MeetingCounts, limit: int) -> dict[int, Packed]:
    frequent = np.flatnonzero(table.named & (table.occurred > 0))
    frequent = frequent[np.lexsort((table.rank[frequent], -table.occurred[frequent]))][:MAX_SOURCES]
    sources = np.zeros(len(table.hashes), bool)
    sources[frequent] = True
    found = meetings.neighbours(sources, table.named, table.rank, table.occurred, limit)
    start = np.searchsorted(found.source, frequent)
    stop = np.searchsorted(found.source, frequent + 1)
    items, scores = pack(table, found.item, found.score)
    ranges = zip(frequent.tolist(), start.tolist(), stop.tolist(), strict=True)
    return {
        int(table.hashes[slot]): (items[low * 8 : high * 8], scores[low * 4 : high * 4])
        for slot, low, high in ranges
        if high > low
    }
