"""What the user's latest search asks for: by its words, and in demand in its category.

Of a search its category and the keyed hashes of its first words are kept, never its text: a query
can say more of a person than a shop needs to know. The learner tells which words find which items.
"""

from __future__ import annotations

import numpy as np

from schemas.ids import NO_ID
from schemas.vocabulary import WORDS, EventType, among
from streams.pipeline.candidates.history import DAY_MS, HOUR_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import leading
from streams.shared.arrays import by_pair, runs, sums

BEST_SCORE = 0.5
"""Somebody who searches wants something of that kind now."""
BEST_BY_WORDS = 0.6
"""And says it more exactly in words."""
HALF_LIFE_MS = 12 * HOUR_MS
FOR_MS = 3 * DAY_MS
"""A need of days ago was met, here or elsewhere."""


def raw(view: View) -> Proposals:
    """Score what the category and what the words say, half of it after half a day."""
    epoch = view.shared.epoch
    if epoch is None:
        return Proposals.none()
    by_category = _in_category(view) if len(epoch.category_trending) else Proposals.none()
    return by_category.and_also(_by_words(view)) if len(epoch.words) else by_category


def _in_category(view: View) -> Proposals:
    """The item's demand in the category of the latest search that has one."""
    events, epoch = view.due.state.events, view.shared.epoch
    searches = events.data["type"] == EventType.SEARCH
    if epoch is None or not searches.any():
        return Proposals.none()
    rows = (searches & (events.data["category"] != NO_ID)).nonzero()[0]
    slots = events.slots[rows]
    last = np.append(runs(slots)[1:], len(rows))[: len(rows)] - 1  # of each user the latest
    rows, slots = rows[last], slots[last]
    age_ms = np.maximum(view.due.now_ms[slots] - events.data["ts_ms"][rows], 0)
    fresh = (age_ms <= FOR_MS).nonzero()[0]
    category = events.data["category"][rows[fresh]]
    at, item, demand = epoch.category_trending.lookup(category, view.longest)
    score = BEST_SCORE * demand * half(age_ms[fresh][at].astype(np.float64), HALF_LIFE_MS)
    return Proposals.of(slots[fresh][at], item, score, category[at])


def _by_words(view: View) -> Proposals:
    """The mean, over the words of the latest search that has any, of how well each finds the item."""
    told, epoch = view.due.state.context, view.shared.epoch
    named = among(told.data["field"], WORDS) & (told.data["value"] != NO_ID)
    if epoch is None or not named.any():
        return Proposals.none()
    rows = named.nonzero()[0]
    users = told.slots[rows]
    age_ms = np.maximum(view.due.now_ms[users] - told.data["ts_ms"][rows], 0)
    share = half(age_ms.astype(np.float64), HALF_LIFE_MS) * (age_ms <= FOR_MS)
    share /= np.bincount(users, minlength=len(view.due))[users]
    at, item, found = epoch.words.lookup(told.data["value"][rows])
    users, strength = users[at], share[at] * found
    order = by_pair(users, item)
    users, item = users[order], item[order]
    first = runs(users, item)
    score = BEST_BY_WORDS * np.minimum(sums(first, strength[order]), 1.0)
    wanted = (score > 0).nonzero()[0]
    return leading(users[first][wanted], item[first][wanted], score[wanted], view)


SOURCE = Source("searched", "search_intent", raw)
