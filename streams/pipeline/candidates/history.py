"""What the kept events of the due users say about items: who touched what, when, who owns what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.tables import DueUsers
from schemas.vocabulary import EventType, among
from streams.shared.arrays import PairSet, by_pair, runs, sums

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

WEIGHTS: dict[EventType, float] = {
    EventType.VIEW: 1.0,
    EventType.SHARE: 2.0,
    EventType.FOLLOW: 2.0,
    EventType.LIKE: 2.0,
    EventType.COMMENT: 2.0,
    EventType.FAV: 2.0,
    EventType.CART: 3.0,
    EventType.PURCHASE: 4.0,
}
"""How much an event says about interest; the ratios view : fav : cart : purchase = 1 : 2 : 3 : 4
are those the offline ranking experiments used."""

_WEIGHT_OF = np.zeros(256)
_WEIGHT_OF[[int(kind) for kind in WEIGHTS]] = list(WEIGHTS.values())


@dataclass(slots=True)
class Touches:
    """Events that name an item, one user after the other, oldest first.

    ``age_ms``: float64 ms before the decision, not below 0; ``weight``: see `WEIGHTS`;
    ``price_minor``, ``currency``: what the event told, -1 and 0 nothing.
    """

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    category: NDArray[np.uint64]
    type: NDArray[np.uint8]
    ts_ms: NDArray[np.int64]
    age_ms: NDArray[np.float64]
    weight: NDArray[np.float64]
    price_minor: NDArray[np.int64]
    currency: NDArray[np.uint16]

    def __len__(self) -> int:
        """Events."""
        return len(self.due)

    def take(self, rows: NDArray[Any]) -> Touches:
        """The chosen events (indices or mask)."""
        return Touches(
            self.due[rows],
            self.item[rows],
            self.category[rows],
            self.type[rows],
            self.ts_ms[rows],
            self.age_ms[rows],
            self.weight[rows],
            self.price_minor[rows],
            self.currency[rows],
        )

    def of(self, *kinds: EventType) -> Touches:
        """The events of some kinds."""
        return self.take(among(self.type, kinds))


SEED_DECAY = 0.8
"""Weight of a seed per step back in time; the lab's best on Beauty."""


@dataclass(slots=True)
class Seeds:
    """Items to start from, one user after the other, latest first; ``step``: steps back from 0."""

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    step: NDArray[np.int64]

    def weight(self, decay: float = SEED_DECAY) -> NDArray[np.float64]:
        """Return ``decay ** step``."""
        weight: NDArray[np.float64] = np.power(decay, self.step, dtype=np.float64)
        return weight


def touches(due: DueUsers) -> Touches:
    """Return the kept events of the due users that name an item."""
    events, users = due.state.events.data, due.state.events.slots
    item = events["item"]
    rows = (item != NO_ID).nonzero()[0]
    users, kind, ts_ms = users[rows], events["type"][rows], events["ts_ms"][rows]
    age_ms = np.maximum(due.now_ms[users] - ts_ms, 0).astype(np.float64)
    return Touches(
        users, item[rows], events["category"][rows], kind, ts_ms, age_ms, _WEIGHT_OF[kind],
        events["price_minor"][rows], events["currency"][rows],
    )  # fmt: skip


def bought(due: DueUsers) -> PairSet:
    """Return what the users own: bought minus returned and cancelled, by the table of orders."""
    lines, users = due.state.orders.data, due.state.orders.slots
    item = lines["item"]
    pieces = np.maximum(lines["quantity"], 1).astype(np.float64)
    pieces[lines["type"] != EventType.PURCHASE] *= -1
    order = by_pair(users, item)
    users, item = users[order], item[order]
    starts = runs(users, item)
    kept = starts[sums(starts, pieces[order]) > 0]
    return PairSet(users[kept], item[kept])


def half(age_ms: NDArray[np.float64], half_life_ms: int) -> NDArray[np.float64]:
    """Return what is left after ``age_ms`` of something that halves every ``half_life_ms``."""
    left: NDArray[np.float64] = np.exp2(-age_ms / half_life_ms)
    return left
