"""A question to rank items for: what was seen, and what came next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.items import Histories, Training


@dataclass(slots=True, frozen=True)
class Queries:
    """``seen[i]`` is what was known, ``wanted`` (row, item) what came next, one pair or more a row.

    ``unit``: whose query it is (user, session): the bootstrap draws these.
    """

    seen: Histories
    wanted_row: NDArray[np.int64]
    wanted_item: NDArray[np.int64]
    unit: NDArray[np.int64]

    @classmethod
    def next_item(
        cls, seen: Histories, item: NDArray[Any], unit: NDArray[np.int64] | None = None
    ) -> Queries:
        """Return queries with one wanted item each."""
        row = np.arange(len(seen))
        return cls(seen, row, item.astype(np.int64), row if unit is None else unit)

    def __len__(self) -> int:
        """Queries."""
        return len(self.seen)

    def take(self, rows: NDArray[np.int64]) -> Queries:
        """The chosen queries (sorted indices)."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.wanted_row] >= 0
        return Queries(
            self.seen.take(rows), place[self.wanted_row[kept]], self.wanted_item[kept],
            self.unit[rows],
        )  # fmt: skip

    def parts(self, size: int) -> Iterator[Queries]:
        """Yield the queries in order, ``size`` at a time."""
        for first in range(0, len(self), size):
            yield self.take(np.arange(first, min(first + size, len(self))))

    def is_wanted(self, row: NDArray[Any], item: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether (row, item) pairs are wanted; shapes alike, an item below 0 never is."""
        most = int(max(self.wanted_item.max(initial=0), item.max(initial=0))) + 1
        keys = row.astype(np.int64) * most + item
        found: NDArray[np.bool_] = np.isin(keys, self.wanted_row * most + self.wanted_item)
        return found & (item >= 0)


@dataclass(slots=True, frozen=True)
class Task:
    """A protocol on a log. Weights are chosen on ``validation`` after fitting on ``training``;
    ``test`` is answered after fitting on ``final``. ``repeats``: what was seen may be the answer;
    ``kept``: pairs of a query that the light pass (the blend) leaves to the ranker; ``cut``: how
    much of a list counts when weights are chosen.
    """

    name: str
    training: Training
    validation: Queries
    final: Training
    test: Queries
    repeats: bool
    about: str = ""
    kept: int = 50
    cut: int = 10
