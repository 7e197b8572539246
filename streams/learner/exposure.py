"""How often each item was pushed lately: so that no item drowns out all others, and new ones are heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

import numpy as np
from numpy.typing import NDArray

from streams.learner.demand import HOUR_MS
from streams.learner.kept import Kept
from streams.learner.popular import Packed

HOURS = 24
"""The whole hours that count, the one under way among them."""
LEAST_SHARE = 0.001
"""An epoch tells of the items that had at least this share of the pushes: at most a thousand."""


class Exposure(Kept):
    """Pushes by hour and item: integer counts, so the order of arrival does not matter."""

    KEEPS = ("_hours",)

    def __init__(self) -> None:
        self._hours: dict[int, Counter[int]] = {}

    def add(self, items: NDArray[np.uint64], at_ms: NDArray[np.int64]) -> None:
        """Count pushes of items (hashes) at the times of their decisions."""
        for hour, item in zip((at_ms // HOUR_MS).tolist(), items.tolist(), strict=True):
            self._hours.setdefault(hour, Counter())[item] += 1

    def told(self, now_ms: int, known: Container[int]) -> tuple[Packed, float | None]:
        """Return the most pushed items with their shares, and the share of items not ``known``.

        ``known``: hashes of the items that have neighbours. None: nothing was pushed. What is older is
        forgotten.
        """
        oldest = now_ms // HOUR_MS - HOURS
        self._hours = {hour: n for hour, n in self._hours.items() if hour > oldest}
        total: Counter[int] = Counter()
        for hour in sorted(self._hours):
            if hour <= now_ms // HOUR_MS:
                total.update(self._hours[hour])
        pushes = total.total()
        if not pushes:
            return (b"", b""), None
        leading = sorted((-n, item) for item, n in total.items() if n >= LEAST_SHARE * pushes)
        items = np.array([item for _, item in leading], "<u8").tobytes()
        shares = np.array([-n / pushes for n, _ in leading], "<f4").tobytes()
        cold = sum(n for item, n in total.items() if item not in known)
        return (items, shares), cold / pushes
