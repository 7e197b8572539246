"""What users lately bought who let friends hear of it; forgotten when they no longer do."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EventType
from streams.learner.kept import Kept
from streams.learner.popular import Packed, packed_lists
from streams.shared.arrays import places, runs

LIFE_MS = 14 * 24 * 3_600_000
HALF_LIFE_MS = 3 * 24 * 3_600_000
MOST = 100_000
"""Purchases remembered: 25 bytes each; beyond, the oldest go."""
MOST_USERS, EACH = 5_000, 5
"""Users an epoch tells of, those who bought last; 5 items each take 375 KB."""

_ROW = np.dtype([("user", "<u8"), ("item", "<u8"), ("ts_ms", "<i8"), ("undone", "?")])


class SharedPurchases(Kept):
    """A row per user and item: the latest purchase of it, or that it was given back."""

    KEEPS = ("_rows",)

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows = np.zeros(0, _ROW)

    def __len__(self) -> int:
        """Rows."""
        return len(self._rows)

    def add(
        self,
        users: NDArray[np.uint64],
        items: NDArray[np.uint64],
        types: NDArray[np.uint8],
        ts_ms: NDArray[np.int64],
    ) -> None:
        """Note purchases, returns and cancellations, in any order."""
        fresh = np.zeros(len(users), _ROW)
        fresh["user"], fresh["item"], fresh["ts_ms"] = users, items, ts_ms
        fresh["undone"] = types != EventType.PURCHASE
        rows = np.concatenate((self._rows, fresh))
        rows = rows[np.lexsort((rows["undone"], rows["ts_ms"], rows["item"], rows["user"]))]
        last = np.append(runs(rows["user"], rows["item"])[1:], len(rows))[: len(rows)] - 1
        rows = rows[last]
        if len(rows) > self._most:
            newest = np.lexsort((rows["item"], rows["user"], -rows["ts_ms"]))[: self._most]
            rows = rows[np.sort(newest)]
        self._rows = rows

    def forget(self, users: NDArray[np.uint64]) -> None:
        """Forget what these users bought."""
        self._rows = self._rows[~np.isin(self._rows["user"], users)]

    def items(self) -> NDArray[np.uint64]:
        """Return the items that may be told."""
        found: NDArray[np.uint64] = np.unique(self._rows["item"])
        return found

    def told(self, now_ms: int, known: NDArray[np.uint64]) -> dict[int, Packed]:
        """Return user -> latest items as of ``now_ms``; a score halves every three days.

        ``known``: items that may be told. What is older than `LIFE_MS` is forgotten.
        """
        self._rows = self._rows[self._rows["ts_ms"] > now_ms - LIFE_MS]
        rows = _of_last_buyers(
            self._rows[~self._rows["undone"] & np.isin(self._rows["item"], known)]
        )
        score = np.exp2(-np.maximum(now_ms - rows["ts_ms"], 0) / HALF_LIFE_MS)
        return packed_lists(rows["user"].copy(), rows["item"].copy(), score, EACH)


def _of_last_buyers(rows: NDArray[Any]) -> NDArray[Any]:
    """The `EACH` latest rows of the `MOST_USERS` who bought last."""
    rows = rows[np.lexsort((rows["item"], -rows["ts_ms"], rows["user"]))]
    rows = rows[places(rows["user"]) < EACH]
    first = rows[runs(rows["user"])]
    last = first["user"][np.lexsort((first["user"], -first["ts_ms"]))][:MOST_USERS]
    kept: NDArray[Any] = rows[np.isin(rows["user"], last)]
    return kept
