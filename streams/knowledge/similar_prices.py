"""What similar items cost at a time: sums of whole minor units, so the order of arrival leaves no trace."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

LEAST_OTHERS = 3
"""The mean of fewer says nothing."""
NO_GROUP = 0


MOST_CHANGES = 100_000
"""Times kept at which a group's prices changed; beyond, its older half is forgotten."""


class _Group:
    """A group's sum and count from each time on at which they changed."""

    def __init__(self) -> None:
        self.since_ms, self.sums, self.counts = array("q"), array("q"), array("q")

    def add(self, at_ms: int, price_minor: int, items: int) -> None:
        at = bisect_left(self.since_ms, at_ms)
        if at == len(self.since_ms) or self.since_ms[at] != at_ms:
            self.since_ms.insert(at, at_ms)
            for totals in (self.sums, self.counts):
                totals.insert(at, totals[at - 1] if at else 0)
        for later in range(at, len(self.since_ms)):
            self.sums[later] += items * price_minor
            self.counts[later] += items
        if len(self.since_ms) > MOST_CHANGES:
            for column in (self.since_ms, self.sums, self.counts):
                del column[: MOST_CHANGES // 2]

    def at(self, at_ms: int) -> tuple[int, int]:
        place = bisect_right(self.since_ms, at_ms) - 1
        return (self.sums[place], self.counts[place]) if place >= 0 else (0, 0)


class SimilarPrices:
    """Groups of items (category, condition, currency) with the sum and count of their prices."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._groups = [_Group()]
        self._newest = np.zeros((64, 3), np.int64)  # since_ms, sum, count

    def group(self, category: str | None, condition: str | None, currency: str | None) -> int:
        """Return the number of a group; `NO_GROUP` without a category."""
        if category is None:
            return NO_GROUP
        key = (category, condition or "", currency or "")
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        if number == len(self._groups):
            self._groups.append(_Group())
        if number >= len(self._newest):
            self._newest = np.concatenate((self._newest, np.zeros_like(self._newest)))
        return number

    def move(self, group: int, price_minor: float, items: int, at_ms: int) -> None:
        """Count ``items`` (1 or -1) of this price in or out from a time on; an unknown price counts nothing."""
        if group == NO_GROUP or price_minor != price_minor:
            return
        kept = self._groups[group]
        kept.add(at_ms, int(price_minor), items)
        self._newest[group] = kept.since_ms[-1], kept.sums[-1], kept.counts[-1]

    def mean_of_others(
        self,
        group: NDArray[np.int32],
        price_minor: NDArray[np.float64],
        at_ms: NDArray[np.int64] | int,
    ) -> NDArray[np.float64]:
        """Return the mean price of the other items in each group at a time, NaN with too few of them."""
        counted = (group != NO_GROUP) & ~np.isnan(price_minor)
        since_ms, sums, counts = self._newest[group].T
        early = (since_ms > at_ms).nonzero()[0]
        if len(early):
            times = np.broadcast_to(np.asarray(at_ms, np.int64), group.shape)[early]
            then = [
                self._groups[number].at(ms)
                for number, ms in zip(group[early].tolist(), times.tolist(), strict=True)
            ]
            sums[early], counts[early] = np.array(then, np.int64).T
        others = counts - counted
        total = sums - np.where(counted, price_minor, 0.0)
        enough = (group != NO_GROUP) & (others >= LEAST_OTHERS)
        return np.where(enough, total / np.maximum(others, 1), np.nan)
