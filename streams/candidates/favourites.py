"""What the user marked: favourites and likes."""

from __future__ import annotations

from schemas.tables import DueUsers
from schemas.vocabulary import EventType
from streams.candidates.history import DAY_MS, half, touches
from streams.candidates.proposals import Proposals, Source
from streams.settings import Settings
from streams.shared import Shared

BEST_SCORE = 0.6
"""A mark says less than a cart and more than a view."""
HALF_LIFE_MS = 30 * DAY_MS
"""People mark what they want later, so it fades slowly."""


def raw(due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
    """Score ``BEST_SCORE`` for an item marked now; the newest mark of an item counts."""
    seen = touches(due).of(EventType.FAV, EventType.LIKE)
    score = BEST_SCORE * half(seen.age_ms, HALF_LIFE_MS)
    return Proposals.of(seen.due, seen.item, score, seen.category)


SOURCE = Source("favourites", "favourite", raw)
