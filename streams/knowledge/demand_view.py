"""Observed demand against expected, as arrays: what sources and features may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from schemas.globals import Demand

COLUMNS = tuple(name for name in Demand.__struct_fields__ if name != "keys")


@dataclass(slots=True, frozen=True)
class DemandView:
    """A `Demand` decoded; ``keys`` are sorted, ``columns``: float32 by name."""

    keys: NDArray[np.uint64]
    columns: dict[str, NDArray[np.float32]]

    @classmethod
    def decode(cls, demand: Demand) -> Self:
        """Unpack the columns.

        Raises:
            ValueError: keys are not sorted, or a column has another length.
        """
        keys = np.frombuffer(demand.keys, "<u8").astype(np.uint64)
        columns = {
            name: np.frombuffer(getattr(demand, name), "<f4").astype(np.float32) for name in COLUMNS
        }
        if any(len(column) != len(keys) for column in columns.values()):
            raise ValueError("a column of demand has not a number for every key")
        if not (keys[1:] > keys[:-1]).all():
            raise ValueError("the keys of demand are not sorted")
        return cls(keys, columns)

    def of(self, name: str, categories: NDArray[np.uint64]) -> NDArray[np.float32]:
        """Return a column for each category, NaN where the epoch does not tell; 0 is the total."""
        column = self.columns[name]
        if not len(self.keys):
            return np.full(len(categories), np.nan, np.float32)
        at = np.minimum(np.searchsorted(self.keys, categories), len(self.keys) - 1)
        return np.where(self.keys[at] == categories, column[at], np.float32(np.nan))
