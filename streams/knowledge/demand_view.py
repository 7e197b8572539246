"""Observed demand against expected, as arrays: what sources and features may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import nothing_told
from schemas.globals import Demand

COLUMNS = tuple(name for name in Demand.__struct_fields__ if name != "keys")
_FACTS = {
    "hour_trend": "hour_trend",
    "day_trend": "day_trend",
    "day_seen": "day_observed",
    "day_expected": "day_expected",
    "season": "season",
    "repurchase_d": "repurchase_days",
}
"""The column of each of `CATEGORY_FACTS`."""


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
        packed = {name: getattr(demand, name) or _not_told(len(keys)) for name in COLUMNS}
        columns = {
            name: np.frombuffer(column, "<f4").astype(np.float32) for name, column in packed.items()
        }
        if any(len(column) != len(keys) for column in columns.values()):
            raise ValueError("a column of demand has not a number for every key")
        if not (keys[1:] > keys[:-1]).all():
            raise ValueError("the keys of demand are not sorted")
        return cls(keys, columns)

    def of(self, name: str, categories: NDArray[np.uint64]) -> NDArray[np.float32]:
        """Return a column for each category, NaN where the epoch does not tell; 0 is the total."""
        at, found = self._places(categories)
        told = np.full(len(categories), np.nan, np.float32)
        told[found] = self.columns[name][at[found]]
        return told

    def facts_of(self, categories: NDArray[np.uint64]) -> NDArray[Any]:
        """Return `CATEGORY_FACTS` of each category, NaN where the epoch does not tell."""
        at, found = self._places(categories)
        facts = nothing_told(categories)
        for name, column in _FACTS.items():
            facts[name][found] = self.columns[column][at[found]]
        return facts

    def _places(
        self, categories: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self.keys):
            nowhere = np.zeros(len(categories), np.int64)
            return nowhere, nowhere > 0
        at = np.minimum(self.keys.searchsorted(categories), len(self.keys) - 1)
        return at, self.keys[at] == categories


def _not_told(rows: int) -> bytes:
    """A column that an older epoch did not have."""
    return np.full(rows, np.nan, "<f4").tobytes()
