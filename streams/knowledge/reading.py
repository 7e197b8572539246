"""How much of the catalogue had been read at a time: the last offset, and how many records counted."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

MOST = 1 << 20
"""Records kept of each partition; beyond, the older half is forgotten."""


class Offsets:
    """The largest offset among the records of one partition that hold at a time."""

    def __init__(self) -> None:
        self._since_ms, self._offset = array("q"), array("q")

    def note(self, offset: int, since_ms: int) -> None:
        """Take in the next record: those that would hold later, but came before it, say nothing more."""
        at = bisect_left(self._since_ms, since_ms)
        del self._since_ms[at:], self._offset[at:]
        self._since_ms.append(since_ms)
        self._offset.append(offset)
        if len(self._offset) > MOST:
            del self._since_ms[: MOST // 2], self._offset[: MOST // 2]

    def at(self, at_ms: int) -> int | None:
        """Return the offset, None before the first record."""
        place = bisect_right(self._since_ms, at_ms) - 1
        return self._offset[place] if place >= 0 else None


class Reading:
    """What of all partitions of the catalogue holds at a time."""

    def __init__(self) -> None:
        self._partitions: dict[int, Offsets] = {}
        self._applied_ms = array("q")
        self._forgotten = 0

    def note(self, partition: int, offset: int, since_ms: int) -> None:
        """Take in a record's place and the time from which it holds."""
        self._partitions.setdefault(partition, Offsets()).note(offset, since_ms)

    def note_applied(self, since_ms: int) -> None:
        """Count a record that changed something."""
        if not self._applied_ms or self._applied_ms[-1] <= since_ms:
            self._applied_ms.append(since_ms)
        else:
            self._applied_ms.insert(bisect_right(self._applied_ms, since_ms), since_ms)
        if len(self._applied_ms) > MOST:
            del self._applied_ms[: MOST // 2]
            self._forgotten += MOST // 2

    def applied(self) -> int:
        """Return how many records changed something."""
        return self._forgotten + len(self._applied_ms)

    def version(self, at_ms: int) -> int:
        """Return how many of them hold at a time."""
        return self._forgotten + bisect_right(self._applied_ms, at_ms)

    def offsets(self, at_ms: int) -> dict[str, int]:
        """Return the last offset that holds at a time, by partition; none where there is none."""
        found = ((str(n), self._partitions[n].at(at_ms)) for n in sorted(self._partitions))
        return {number: offset for number, offset in found if offset is not None}
