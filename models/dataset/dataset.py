"""Labelled samples as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.standing import Offered

ENGAGEMENT = np.dtype([("user", "V16"), ("item", "<u8"), ("ts_ms", "<i8")])
"""Something a user did, with the pseudonym as 16 raw bytes; item 0: with no item."""


class DatasetError(ValueError):
    """Samples are not what they must be; the message says which."""


@dataclass(slots=True)
class Dataset:
    """``n`` resolved decisions, oldest first, and their ``m`` pairs, sorted by ``due``.

    ``users``: V16[n]; ``now_ms``: int64[n]; ``user``: float32[n, user features]; ``acted``: the
    user did anything in ``(now, now + horizon]``; ``due``: a pair's decision; ``item``: uint64[m];
    ``pair``: float32[m, pair features]; ``source_score``: float32[m]; ``engaged``: the user
    engaged with the item in ``(now, now + horizon]``; ``steps``: float32[n, steps, channels], the
    user's newest events, None: not taken; ``by_source``: float32[m, sources], what each source of
    candidates gave the pair, None: not taken; ``wanted``: int64[n], with how many items the user
    engaged then, offered or not, None: not counted.
    """

    users: NDArray[Any]
    now_ms: NDArray[np.int64]
    user: NDArray[np.float32]
    acted: NDArray[np.bool_]
    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    pair: NDArray[np.float32]
    source_score: NDArray[np.float32]
    engaged: NDArray[np.bool_]
    horizon_ms: int
    steps: NDArray[np.float32] | None = None
    by_source: NDArray[np.float32] | None = None
    wanted: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """Decisions."""
        return len(self.now_ms)

    def offered(self) -> Offered | None:
        """Return the pairs as the ranker reads them, None where nobody took down what sources gave."""
        if self.by_source is None:
            return None
        return Offered(self.due, self.item, self.pair, self.by_source, self.source_score)

    def take(self, chosen: NDArray[np.bool_]) -> Dataset:
        """Return the decisions where ``chosen`` (bool[n]) is true, with their pairs."""
        pairs = chosen[self.due]
        number = np.cumsum(chosen) - 1
        return Dataset(
            self.users[chosen], self.now_ms[chosen], self.user[chosen], self.acted[chosen],
            number[self.due[pairs]], self.item[pairs], self.pair[pairs],
            self.source_score[pairs], self.engaged[pairs], self.horizon_ms,
            None if self.steps is None else self.steps[chosen],
            None if self.by_source is None else self.by_source[pairs],
            None if self.wanted is None else self.wanted[chosen],
        )  # fmt: skip
