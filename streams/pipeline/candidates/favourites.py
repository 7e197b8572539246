"""What the user marked: favourites and likes."""

from __future__ import annotations

from schemas.vocabulary import EventType
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.6
"""A mark says less than a cart and more than a view."""
HALF_LIFE_MS = 30 * DAY_MS
"""People mark what they want later, so it fades slowly."""


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for an item marked now; the newest mark of an item counts."""
    seen = view.touches.of(EventType.FAV, EventType.LIKE)
    score = BEST_SCORE * half(seen.age_ms, HALF_LIFE_MS)
    return Proposals.of(seen.due, seen.item, score, seen.category)


SOURCE = Source("favourites", "favourite", raw)
