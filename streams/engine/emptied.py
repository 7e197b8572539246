"""The key range that scans found or made empty: the next scan begins behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Range = tuple[bytes, bytes]
"""Half-open: [low, high)."""
NOTHING: Range = (b"", b"")


class Emptied:
    """Remembers one range that holds nothing, and what is left of the last scan's.

    RocksDB would step over the tombstones of every timer that ever fired.
    """

    def __init__(self) -> None:
        self._empty = NOTHING
        self._scanned = NOTHING  # the last scan's range, joined with the empty one before it
        self._left: set[bytes] = set()  # keys that scan found and that are still there

    def skip(self, start: bytes) -> bytes:
        """Return the first key from ``start`` on that may be there."""
        return self._empty[1] if self._reaches(start) else start

    def scanned(self, start: bytes, stop: bytes, keys: Iterable[bytes]) -> None:
        """Note the ``keys`` that a scan of [start, stop) found, all there are."""
        low, high = self._empty if self._reaches(start) else (start, start)
        self._scanned, self._left = (low, max(stop, high)), set(keys)
        self._grow()

    def changed(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Note rows that were written, None: deleted."""
        for key, value in rows.items():
            if value is None:
                self._left.discard(key)
            else:
                self._put(key)
        self._grow()

    def _reaches(self, start: bytes) -> bool:
        low, high = self._empty
        return low <= start <= high and low < high

    def _put(self, key: bytes) -> None:
        low, high = self._empty
        if low <= key < high:
            self._empty = (low, key)
        low, high = self._scanned
        if low <= key < high:
            self._left.add(key)

    def _grow(self) -> None:
        if not self._left:
            self._empty = self._scanned
