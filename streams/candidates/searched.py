"""What is in demand in the category of the user's latest search.

Of a search its category is kept, the words are not: a query can say more of a person than a shop
needs to know. A search without a category says nothing here.
"""

from __future__ import annotations

import numpy as np

from schemas.ids import NO_ID
from schemas.vocabulary import EventType
from streams.candidates.history import DAY_MS, HOUR_MS, half
from streams.candidates.proposals import Proposals, Source, View
from streams.groups import runs

BEST_SCORE = 0.5
"""Somebody who searches wants something of that kind now."""
HALF_LIFE_MS = 12 * HOUR_MS
FOR_MS = 3 * DAY_MS
"""A need of days ago was met, here or elsewhere."""


def raw(view: View) -> Proposals:
    """Score the item's demand in the category, half of it after half a day."""
    epoch, events = view.shared.epoch, view.due.state.events
    searches = events.data["type"] == EventType.SEARCH
    if epoch is None or not len(epoch.category_trending) or not searches.any():
        return Proposals.none()
    rows = np.flatnonzero(searches & (events.data["category"] != NO_ID))
    slots = events.slots[rows]
    last = np.append(runs(slots)[1:], len(rows))[: len(rows)] - 1  # of each user the latest
    rows, slots = rows[last], slots[last]
    age_ms = np.maximum(view.due.now_ms[slots] - events.data["ts_ms"][rows], 0)
    fresh = np.flatnonzero(age_ms <= FOR_MS)
    category = events.data["category"][rows[fresh]]
    at, item, demand = epoch.category_trending.lookup(category, view.longest)
    score = BEST_SCORE * demand * half(age_ms[fresh][at].astype(np.float64), HALF_LIFE_MS)
    return Proposals.of(slots[fresh][at], item, score, category[at])


SOURCE = Source("searched", "search_intent", raw)
