"""Item tables while a log is replayed: at each moment those that a bundle could have had by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from models.bundle.tables import ItemTables, columns_of

FEWEST = 1_000
"""Engagements that the first tables are fitted on."""
Files = dict[str, bytes]


@dataclass(slots=True)
class TablesSoFar:
    """Fits tables anew whenever there is twice as much to fit on: all fits together cost two of the last."""

    fit: Callable[[], Files]
    fitted: ItemTables | None = None
    fitted_on: int = 0

    def at(self, engagements: list[NDArray[Any]]) -> ItemTables | None:
        """Return the tables that hold from now on; ``engagements``: `ENGAGEMENT` rows seen so far."""
        count = sum(map(len, engagements))
        if count >= max(FEWEST, 2 * self.fitted_on):
            self.fitted, self.fitted_on = ItemTables.of(columns_of(self.fit())), count
        return self.fitted
