"""An epoch's wakes as arrays: whom a partition asks about a change in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schemas.columns import rows_of
from schemas.globals import Wakes
from schemas.vocabulary import NEWS, among

_COLUMNS = {"users": "<u8", "partitions": "<u4", "items": "<u8", "kinds": "u1"}
WAKE = np.dtype(list(_COLUMNS.items()))


@dataclass(slots=True, frozen=True)
class WakeView:
    """Rows (`WAKE`) sorted by partition."""

    rows: NDArray[Any]

    @classmethod
    def decode(cls, wakes: Wakes) -> Self:
        """Unpack the columns.

        Raises:
            ValueError: columns of different lengths, out of order, or not news.
        """
        rows = rows_of(wakes, _COLUMNS, WAKE)
        if (np.diff(rows["partitions"].astype(np.int64)) < 0).any():
            raise ValueError("wakes are not sorted by partition")
        if not among(rows["kinds"], NEWS).all():
            raise ValueError("a wake is no news")
        return cls(rows)

    def of(self, partition: int) -> NDArray[Any]:
        """Return the rows of one partition."""
        start, stop = self.rows["partitions"].searchsorted([partition, partition + 1])
        return self.rows[start:stop]
