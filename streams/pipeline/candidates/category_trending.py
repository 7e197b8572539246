"""What is in demand in the categories the user likes and in the trigger's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.shared.arrays import by_pair, by_score, places, runs, sums

CATEGORIES = 3
"""Categories asked per user: beyond the third, affinity is mostly noise of single views."""
HALF_LIFE_MS = 7 * DAY_MS
TRIGGER_WEIGHT = 3.0
"""The trigger's category counts like a fresh cart event in it."""
BEST_SCORE = 0.4
"""Popular in a category the user likes, but still new to the user."""


def raw(view: View) -> Proposals:
    """Score the item's demand by the category's share in the user's affinity."""
    epoch = view.shared.epoch
    if epoch is None or not len(epoch.category_trending):
        return Proposals.none()
    users, category, share = affinities(view)
    rows, item, demand = epoch.category_trending.lookup(category)
    score = BEST_SCORE * share[rows] * demand
    return Proposals.of(users[rows], item, score, category[rows])


def affinities(
    view: View,
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.float64]]:
    """Return (due row, category, share of the decayed weights), each user's top categories."""
    due, seen = view.due, view.touches
    asked = ((due.item != NO_ID) | (due.category != NO_ID)).nonzero()[0]
    users = np.concatenate((seen.due, asked))
    item = np.concatenate((seen.item, due.item[asked]))
    category = np.concatenate((seen.category, due.category[asked]))
    decayed = seen.weight * half(seen.age_ms, HALF_LIFE_MS)
    weight = np.concatenate((decayed, np.full(len(asked), TRIGGER_WEIGHT)))
    missing = (category == NO_ID).nonzero()[0]
    category[missing] = view.shared.categories(item[missing], due.reached_ms[users[missing]])
    told = (category != NO_ID) & (weight > 0)
    users, category, weight = users[told], category[told], weight[told]
    order = by_pair(users, category)
    users, category = users[order], category[order]
    starts = runs(users, category)
    total = sums(starts, weight[order])
    users, category = users[starts], category[starts]
    share = total / np.bincount(users, total, len(due))[users]
    top = by_score(users, share.astype(np.float32))
    top = top[places(users[top]) < CATEGORIES]
    return users[top], category[top], share[top]


SOURCE = Source("category_trending", "trending_in_category", raw)
