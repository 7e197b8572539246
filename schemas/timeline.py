"""Stream time along the records of one or more partitions, laid end to end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class Timeline:
    """``ms`` int64[R] is stream time at each position, never falling inside a partition's block.

    Block k is the positions ``starts[k]`` up to ``starts[k + 1]`` (int64[K + 1], the last is R);
    ``before_ms`` int64[K] is the stream time of its partition before the first of them. ``record_ms`` int64[R]
    is stream time with the record that brings a position: ``ms``, but where only timers before it fire.
    """

    ms: Ints
    starts: Ints
    before_ms: Ints
    record_ms: Ints

    @classmethod
    def of(cls, ms: Ints, before_ms: int) -> Timeline:
        """The timeline of one partition."""
        return cls(ms, np.array([0, len(ms)], np.int64), np.array([before_ms], np.int64), ms)

    @classmethod
    def of_timers(cls, due_ms: int, before_ms: int, record_ms: int) -> Timeline:
        """The one moment at which timers fire that a record of ``record_ms`` brings."""
        moment, record = np.array([due_ms], np.int64), np.array([record_ms], np.int64)
        return cls(moment, np.array([0, 1], np.int64), np.array([before_ms], np.int64), record)

    @classmethod
    def joined(cls, timelines: Sequence[Timeline]) -> Timeline:
        """The timelines' blocks, one after the other; itself when there is one."""
        if len(timelines) == 1:
            return timelines[0]
        ends = np.cumsum([len(each.ms) for each in timelines])
        starts = [
            each.starts[:-1] + end - len(each.ms) for each, end in zip(timelines, ends, strict=True)
        ]
        return cls(
            np.concatenate([each.ms for each in timelines]),
            np.append(np.concatenate(starts), ends[-1:]),
            np.concatenate([each.before_ms for each in timelines]),
            np.concatenate([each.record_ms for each in timelines]),
        )

    def __len__(self) -> int:
        """Positions."""
        return len(self.ms)

    def block_of(self, pos: Ints) -> Ints:
        """The block in which each position lies."""
        if len(self.before_ms) == 1:
            return np.zeros(len(pos), np.int64)
        blocks: Ints = self.starts[1:].searchsorted(pos, side="right")
        return blocks

    def before(self, pos: Ints) -> Ints:
        """Stream time just before the record at each position."""
        first = self.starts[self.block_of(pos)] == pos
        times: Ints = np.where(first, self.before_ms[self.block_of(pos)], self.ms[pos - 1])
        return times

    def last_ms(self, block: Ints) -> Ints:
        """Stream time at the end of each of the blocks."""
        times: Ints = self.ms[self.starts[block + 1] - 1]
        return times

    def reached(self, block: Ints, due_ms: Ints) -> Ints:
        """First position of a block at which stream time is ``due_ms`` or later, R for none."""
        if len(self.before_ms) == 1:
            found: Ints = self.ms.searchsorted(due_ms, side="left")
            return found
        ms = self.ms.clip(-1)  # of a partition that knows no time yet: the span must stay small
        floor_ms = ms.min()
        span = ms.max() - floor_ms + 2
        along = np.arange(len(self.before_ms)).repeat(np.diff(self.starts)) * span
        sought = block * span + (due_ms - floor_ms).clip(0, span - 1)
        found = (along + ms - floor_ms).searchsorted(sought, side="left")
        return np.where(found == self.starts[block + 1], len(self.ms), found)
