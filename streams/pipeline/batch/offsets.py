"""Source offsets inside a batch: what had been read when a decision was made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.tables import SourceRecord

NONE = -1


class Offsets:
    """Per source topic the first offset not yet applied, at any position of the batch."""

    def __init__(self, before: dict[str, int], records: list[SourceRecord]) -> None:
        self._before = before
        numbers: dict[str, int] = {}
        topic = np.array([numbers.setdefault(r.topic, len(numbers)) for r in records], np.int64)
        end = np.array([record.offset + 1 for record in records], np.int64)
        self._positions = {name: (topic == n).nonzero()[0] for name, n in numbers.items()}
        self._next = {name: end[positions] for name, positions in self._positions.items()}

    def at(self, positions: NDArray[np.int64]) -> list[dict[str, int]]:
        """Return the offsets after each of these records was applied; -1: before the batch."""
        topics = sorted(self._before.keys() | self._next.keys())
        columns = [self._column(topic, positions) for topic in topics]
        rows = zip(*columns, strict=True) if columns else ((),) * len(positions)
        return [
            {topic: at for topic, at in zip(topics, row, strict=True) if at != NONE} for row in rows
        ]

    def _column(self, topic: str, positions: NDArray[np.int64]) -> list[int]:
        """The topic's next offset after each of the records; `NONE` before its first."""
        start = self._before.get(topic, NONE)
        if topic not in self._next:
            return [start] * len(positions)
        reached = np.append(start, self._next[topic])
        applied = self._positions[topic].searchsorted(positions, side="right")
        found: list[int] = reached[applied].tolist()
        return found

    def after(self) -> dict[str, int]:
        """Return the offsets after the whole batch."""
        return self._before | {topic: int(offsets[-1]) for topic, offsets in self._next.items()}
