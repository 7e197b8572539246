"""What the user looked at lately, by decayed counts, and what the trigger is about."""

from __future__ import annotations

import numpy as np

from schemas.ids import NO_ID
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.candidates.history import DAY_MS, HOUR_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.shared.arrays import by_pair, runs, sums

SHORT_HALF_LIFE_MS = 8 * HOUR_MS
"""The lab's decay of own counts (e-fold in 12 hours)."""
LONG_HALF_LIFE_MS = 14 * DAY_MS
"""Keeps old interests in order where nothing is recent."""
LONG_SHARE = 0.1
"""An interest of days ago counts a tenth of one of now."""
TRIGGER_WEIGHT = 3.0
"""The item a trigger is about counts like a fresh cart event, even when its events are gone."""

_INTEREST = tuple(
    kind
    for kind in EventType
    if kind in (EventType.VIEW, EventType.CART, EventType.FAV)
    or EventType.SHARE <= kind <= EventType.COMMENT
)


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums each event's weight, decayed by a short and a long half-life."""
    seen = view.touches.of(*_INTEREST)
    decay = (1 - LONG_SHARE) * half(seen.age_ms, SHORT_HALF_LIFE_MS)
    decay += LONG_SHARE * half(seen.age_ms, LONG_HALF_LIFE_MS)
    # A follow-up is about an item the user owns, even when the purchase is no longer kept.
    due = view.due
    asked = ((due.item != NO_ID) & (due.kind != TriggerKind.FOLLOW_UP)).nonzero()[0]
    users = np.concatenate((seen.due, asked))
    item = np.concatenate((seen.item, due.item[asked]))
    category = np.concatenate((seen.category, due.category[asked]))
    strength = np.concatenate((seen.weight * decay, np.full(len(asked), TRIGGER_WEIGHT)))
    order = by_pair(users, item)
    users, item = users[order], item[order]
    starts = runs(users, item)
    total = sums(starts, strength[order])
    newest = np.maximum.reduceat(category[order], starts) if len(starts) else category[:0]
    return Proposals.of(users[starts], item[starts], total / (1 + total), newest)


SOURCE = Source("own_recent", "recently_viewed", raw)
