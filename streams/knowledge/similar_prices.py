"""What similar items cost: sums of whole minor units, so the order of arrival leaves no trace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST_OTHERS = 3
"""The mean of fewer says nothing."""
NO_GROUP = 0


class SimilarPrices:
    """Groups of items (category, condition, currency) with the sum and count of their prices."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], int] = {}
        self._sums = np.zeros(64, np.int64)
        self._counts = np.zeros(64, np.int64)

    def group(self, category: str | None, condition: str | None, currency: str | None) -> int:
        """Return the number of a group; `NO_GROUP` without a category."""
        if category is None:
            return NO_GROUP
        key = (category, condition or "", currency or "")
        number = self._groups.setdefault(key, len(self._groups) + 1)
        if number >= len(self._sums):
            self._sums = np.concatenate((self._sums, np.zeros_like(self._sums)))
            self._counts = np.concatenate((self._counts, np.zeros_like(self._counts)))
        return number

    def move(self, group: int, price_minor: float, items: int) -> None:
        """Count ``items`` (1 or -1) of this price in or out; an unknown price counts nothing."""
        if group != NO_GROUP and price_minor == price_minor:
            self._sums[group] += items * int(price_minor)
            self._counts[group] += items

    def mean_of_others(
        self, group: NDArray[np.int32], price_minor: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the mean price of the other items in each group, NaN with too few of them."""
        counted = (group != NO_GROUP) & ~np.isnan(price_minor)
        others = self._counts[group] - counted
        total = self._sums[group] - np.where(counted, price_minor, 0.0)
        enough = (group != NO_GROUP) & (others >= LEAST_OTHERS)
        return np.where(enough, total / np.maximum(others, 1), np.nan)
