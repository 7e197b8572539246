"""Which version of an item holds at a time: rows of a table, chained by item and time. Pure.

An item's versions follow each other in time, and each is newer (by ``ts``, then by arrival) than the one
before it: a version that would begin to hold after a newer one never holds, and is dropped.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS

NO_ROW = 0
"""The row of what is not known (yet)."""
MOST_OLD = 100_000
"""Versions kept that another replaced; beyond, the one that followed the oldest holds from its time on."""
_FIRST = 1024

Ints = NDArray[np.int64]


class Span(NamedTuple):
    """From ``since_ms`` on the item is as in ``row``; ``ts_ms`` orders it among its versions."""

    since_ms: int
    ts_ms: int
    row: int


class Change(NamedTuple):
    """At ``at_ms`` the row ``before`` ends and ``after`` begins; with ``times`` -1 that is taken back."""

    at_ms: int
    before: int
    after: int
    times: int


class Moved(NamedTuple):
    """What a new version, or a forgotten one, changes in time; ``gone``: rows that hold no more."""

    changes: list[Change]
    gone: list[int]


class Versions:
    """The rows by slot and time; the newest of each slot is looked up without a search."""

    def __init__(self) -> None:
        self._row = np.zeros(_FIRST, np.int64)
        self._since_ms = np.full(_FIRST, NEVER_MS)
        self._ts_ms = np.full(_FIRST, NEVER_MS)
        self._older: dict[int, list[Span]] = {}
        self._replaced: deque[tuple[int, int]] = deque()  # (slot, row), some dropped meanwhile
        self._search: tuple[Ints, Ints, Ints] | None = None

    def make_room(self, slots: int) -> None:
        """Let slots up to this many be asked for."""
        while slots > len(self._row):
            self._grow()

    def newest(self, slot: int) -> Span:
        """Return the version that holds in the end; that of an unknown slot is `NO_ROW` since ever."""
        return Span(int(self._since_ms[slot]), int(self._ts_ms[slot]), int(self._row[slot]))

    def newest_rows(self, slots: Ints) -> Ints:
        """Return the row that holds in the end of each slot."""
        rows: Ints = self._row[slots]
        return rows

    def rows(self, slots: Ints, at_ms: Ints | int) -> Ints:
        """Return the row that holds at a time, of each slot; `NO_ROW` before its first version."""
        found: Ints = self._row[slots]
        early = (self._since_ms[slots] > at_ms).nonzero()[0]
        if len(early):
            times = np.broadcast_to(np.asarray(at_ms, np.int64), slots.shape)
            found[early] = self._old_rows(slots[early], times[early])
        return found

    def rows_of(self, slot: int) -> list[int]:
        """Return all kept rows of a slot, the newest first."""
        return [self.newest(slot).row, *(span.row for span in reversed(self._older.get(slot, [])))]

    def put(self, slot: int, version: Span) -> Moved | None:
        """Let a version hold from its time on; None: it never holds."""
        newest = self.newest(slot)
        if version.ts_ms >= newest.ts_ms and version.since_ms > newest.since_ms:
            if newest.row != NO_ROW:
                self._older.setdefault(slot, []).append(newest)
                self._replaced.append((slot, newest.row))
            self._set(slot, version)
            return Moved([Change(version.since_ms, newest.row, version.row, 1)], [])
        return self._put_between(slot, [*self._older.get(slot, ()), newest], version)

    def _put_between(self, slot: int, spans: list[Span], version: Span) -> Moved | None:
        """Put a version before newer ones, or in place of those that it comes before in time."""
        stop = next((i for i in range(len(spans), 0, -1) if spans[i - 1].ts_ms <= version.ts_ms), 0)
        if stop < len(spans) and spans[stop].since_ms <= version.since_ms:
            return None
        if stop < len(spans):
            self._replaced.append((slot, version.row))
        first = next((i for i in range(stop, 0, -1) if spans[i - 1].since_ms < version.since_ms), 0)
        return self._replace(slot, spans, slice(first, stop), version)

    def forget_oldest(self) -> Moved | None:
        """Forget a version if more than `MOST_OLD` were replaced, None: there are not so many."""
        while len(self._replaced) > MOST_OLD:
            slot, row = self._replaced.popleft()
            older = self._older.get(slot, [])
            at = next((i for i, span in enumerate(older) if span.row == row), None)
            if at is not None:
                spans = [*older, self.newest(slot)]
                heir = spans[at + 1]._replace(since_ms=spans[at].since_ms)
                return self._replace(slot, spans, slice(at, at + 2), heir)
        return None

    def _replace(self, slot: int, spans: list[Span], part: slice, version: Span) -> Moved:
        gone = [span.row for span in spans[part] if span.row not in (NO_ROW, version.row)]
        before = spans[part.start - 1].row if part.start else NO_ROW
        after = spans[part.stop : part.stop + 1]
        changes = [
            *_steps(before, [*spans[part], *after], -1),
            *_steps(before, [version, *after], 1),
        ]
        spans[part] = [version]
        self._older[slot] = spans[:-1]
        self._set(slot, spans[-1])
        return Moved(changes, gone)

    def _set(self, slot: int, newest: Span) -> None:
        self._since_ms[slot], self._ts_ms[slot], self._row[slot] = newest
        self._search = None

    def _old_rows(self, slots: Ints, at_ms: Ints) -> Ints:
        """Search in the spans of each slot, laid end to end."""
        first, since_ms, row = self._laid_out()
        low = first[slots]
        high = first[slots + 1]
        start = low.copy()
        while (open_ := (low < high).nonzero()[0]).size:
            middle = (low[open_] + high[open_]) // 2
            holds = since_ms[middle] <= at_ms[open_]
            low[open_[holds]] = middle[holds] + 1
            high[open_[~holds]] = middle[~holds]
        return np.where(low > start, row[low - 1], NO_ROW)

    def _laid_out(self) -> tuple[Ints, Ints, Ints]:
        if self._search is None:
            slots = sorted(self._older)
            count = np.zeros(len(self._row) + 1, np.int64)
            count[np.array(slots, np.int64) + 1] = [len(self._older[slot]) for slot in slots]
            flat = [span for slot in slots for span in self._older[slot]]
            spans = np.array([(0, 0, 0), *flat], np.int64)
            self._search = count.cumsum() + 1, spans[:, 0], spans[:, 2]
        return self._search

    def _grow(self) -> None:
        never = np.full(len(self._row), NEVER_MS)
        self._row = np.concatenate((self._row, np.zeros_like(self._row)))
        self._since_ms = np.concatenate((self._since_ms, never))
        self._ts_ms = np.concatenate((self._ts_ms, never))


def _steps(before: int, spans: list[Span], times: int) -> list[Change]:
    rows = [before, *(span.row for span in spans)]
    return [
        Change(span.since_ms, row, span.row, times) for row, span in zip(rows, spans, strict=False)
    ]
