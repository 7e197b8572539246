"""What the user buys again: due by the own interval, or lately on their mind. The only source of owned items.

Policy still holds: nothing is pushed within ``bought_cooldown_ms`` of its last order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import EventType
from streams.pipeline.candidates.history import HOUR_MS, Touches, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.shared.arrays import by_pair, lengths, runs, sums

BEST_SCORE = 0.7
EARLIEST, LATEST = 0.7, 3.0
"""Shares of the user's own interval between which an item is due."""
HALF_LIFE_MS = 24 * HOUR_MS
"""A look at what one owns is often about the order, so it fades fast."""
BEFORE = 0.1
"""What led to the order, and the order, against what came after: most things are bought once."""
LEAST_SCORE = 0.01
"""Below, an old order says nothing."""


def raw(view: View) -> Proposals:
    """Score what is due and what was looked at, liked or put into the cart after it was bought."""
    seen = view.touches.take(view.touches.weight > 0)
    bought = seen.type == EventType.PURCHASE
    if not bought.any():
        return Proposals.none()
    seen, bought = _owned(seen, bought)
    due, again = _due(seen.take(bought), view), _again(seen, bought)
    columns = zip(due, again, strict=True)
    users, item, score, category = (np.concatenate(pair) for pair in columns)
    return Proposals.of(users, item, score, category)


Columns = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.float64], NDArray[np.uint64]]


def _owned(seen: Touches, bought: NDArray[np.bool_]) -> tuple[Touches, NDArray[np.bool_]]:
    """Keep the events of items that the user bought, sorted by pair and then time."""
    order = by_pair(seen.due, seen.item)
    seen, bought = seen.take(order), bought[order]
    starts = runs(seen.due, seen.item)
    kept = np.logical_or.reduceat(bought, starts).repeat(lengths(starts, len(seen)))
    return seen.take(kept), bought[kept]


def _due(orders: Touches, view: View) -> Columns:
    """Score by how close the time since the last order is to the user's mean interval.

    With r the one over the other the score is ``BEST_SCORE / (1 + ln(r)^2)``; an item counts from
    its second order on, orders of the same moment are one.
    """
    orders = orders.take(runs(orders.due, orders.item, orders.ts_ms))
    starts = runs(orders.due, orders.item)
    count = lengths(starts, len(orders))
    first, last = orders.ts_ms[starts], orders.ts_ms[starts + count - 1]
    interval_ms = (last - first) / np.maximum(count - 1, 1)
    age_ms = np.maximum(view.due.now_ms[orders.due[starts]] - last, 0)
    ratio = age_ms / np.maximum(interval_ms, 1)
    due = ((count > 1) & (ratio >= EARLIEST) & (ratio <= LATEST)).nonzero()[0]
    rows = starts[due]
    score = BEST_SCORE / (1 + np.log(ratio[due]) ** 2)
    return orders.due[rows], orders.item[rows], score, orders.category[rows]


def _again(seen: Touches, bought: NDArray[np.bool_]) -> Columns:
    """Score ``BEST_SCORE * s / (1 + s)``, s the decayed weights, those up to the last order `BEFORE`."""
    starts = runs(seen.due, seen.item)
    place = np.where(bought, np.arange(len(seen)), -1)
    last = np.maximum.reduceat(place, starts).repeat(lengths(starts, len(seen)))
    after = np.arange(len(seen)) > last
    weight = np.where(after, seen.weight, BEFORE * seen.weight)
    strength = sums(starts, weight * half(seen.age_ms, HALF_LIFE_MS))
    score = BEST_SCORE * strength / (1 + strength)
    found = (score >= LEAST_SCORE).nonzero()[0]
    rows = starts[found]
    return seen.due[rows], seen.item[rows], score[found], seen.category[rows]


SOURCE = Source("repurchase", "repurchase_due", raw, owned=True)
