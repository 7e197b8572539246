"""Source offsets inside a batch: what had been read when a decision was made."""

from __future__ import annotations

import numpy as np

from schemas.tables import SourceRecord


class Offsets:
    """Per source topic the first offset not yet applied, at any position of the batch."""

    def __init__(self, before: dict[str, int], records: list[SourceRecord]) -> None:
        self._before = before
        self._positions: dict[str, list[int]] = {}
        self._next: dict[str, list[int]] = {}
        for pos, record in enumerate(records):
            self._positions.setdefault(record.topic, []).append(pos)
            self._next.setdefault(record.topic, []).append(record.offset + 1)

    def at(self, pos: int) -> dict[str, int]:
        """Return the offsets after the record at ``pos`` was applied; -1: before the batch."""
        found = dict(self._before)
        for topic, positions in self._positions.items():
            applied = int(np.searchsorted(positions, pos, side="right"))
            if applied:
                found[topic] = self._next[topic][applied - 1]
        return dict(sorted(found.items()))

    def after(self) -> dict[str, int]:
        """Return the offsets after the whole batch."""
        return self._before | {topic: offsets[-1] for topic, offsets in self._next.items()}
