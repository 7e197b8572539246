"""What an evaluation of time reads: a log's accepted events, and its users hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import DEEDS, EventType

HOUR_MS = 3_600_000
Ints = NDArray[np.int64]

ACTS = (EventType.CART, EventType.FAV, EventType.LIKE, EventType.PURCHASE)
"""What counts as acting beyond a look: cart, favourite, purchase."""
BUYS = (EventType.PURCHASE,)


@dataclass(slots=True, frozen=True)
class HourGrid:
    """``m`` (user, hour) moments; only users who had an event before the hour.

    ``user``: number in the log; ``hour``: since the log's start, a moment is the hour's begin;
    ``features``: float32[m, `CONTRACT`.user], the product's own, of the state before the moment;
    ``steps``: float32[m, steps, channels], the user's newest events (models/features/steps.py).
    """

    user: Ints
    hour: Ints
    features: NDArray[np.float32]
    steps: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Moments."""
        return len(self.user)


@dataclass(slots=True, frozen=True)
class EventLog:
    """``n`` accepted facts, oldest first.

    ``user`` numbers the pseudonyms (``users``, V16); ``kind``: `EventType`; ``line``: of an
    order, only line 0 counts as an event; ``item``, ``category``: hashes, 0 none. The log's hour 0 begins at ``start_ms``, a local midnight in
    ``zone``; hours ``[0, hours)`` are complete days, the test block begins at ``test_hour``.
    """

    name: str
    zone: str
    users: NDArray[Any]
    user: Ints
    ts_ms: Ints
    kind: Ints
    line: Ints
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    start_ms: int
    hours: int
    test_hour: int
    grid: HourGrid

    def __len__(self) -> int:
        """Events."""
        return len(self.user)

    @property
    def hour(self) -> Ints:
        """The hour of each event since the log's start; hours past the last belong to it."""
        hour: Ints = np.minimum((self.ts_ms - self.start_ms) // HOUR_MS, self.hours - 1)
        return hour

    def hourly(self, kinds: tuple[EventType, ...] = DEEDS) -> Ints:
        """Return the events of these kinds per user and hour: int64[users, hours]."""
        chosen = np.isin(self.kind, kinds) & (self.line == 0)
        cell = self.user[chosen] * self.hours + self.hour[chosen]
        flat = np.bincount(cell, minlength=len(self.users) * self.hours)
        return flat.reshape(len(self.users), self.hours)
