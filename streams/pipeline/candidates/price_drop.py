"""What costs less now than when the user looked at it, liked it or put it into the cart."""

from __future__ import annotations

import numpy as np

from schemas.money import NO_CURRENCY
from schemas.vocabulary import EventType
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.shared.arrays import by_pair, runs

BEST_SCORE = 0.8
"""A lower price on something the user considered is the next best news after a cart."""
HALF_LIFE_MS = 14 * DAY_MS
LEAST_SHARE = 0.03
"""A smaller drop is no news."""
FULL_SHARE = 0.3
"""From here on a drop counts in full."""


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for a drop of `FULL_SHARE` since a look of now.

    The price then is the one the event told; the last event of an item that told one counts. Prices are
    compared only in one currency, which the event and the catalogue told.
    """
    seen = view.touches.of(EventType.VIEW, EventType.CART, EventType.FAV, EventType.LIKE)
    seen = seen.take(seen.price_minor > 0)
    if not len(seen):
        return Proposals.none()
    seen = seen.take(by_pair(seen.due, seen.item))  # stable: in a run the latest comes last
    starts = runs(seen.due, seen.item)
    last = seen.take(np.append(starts[1:], len(seen)) - 1)
    at_ms = view.due.reached_ms[last.due]
    known = view.shared.catalogue.attributes(last.item, at_ms)
    same = (known["currency"] == last.currency) & (last.currency != NO_CURRENCY)
    drop = 1 - np.where(same, known["price_minor"], np.nan) / last.price_minor
    fell = (drop >= LEAST_SHARE).nonzero()[0]
    last, drop = last.take(fell), drop[fell]
    score = np.minimum(drop / FULL_SHARE, 1) * half(last.age_ms, HALF_LIFE_MS)
    return Proposals.of(last.due, last.item, BEST_SCORE * score, last.category)


SOURCE = Source("price_drop", "price_drop", raw)
