"""What is in demand in the categories that the user's profile names: for those who did nothing yet."""

from __future__ import annotations

from schemas.ids import NO_ID
from schemas.vocabulary import INTERESTS, among
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.35
"""Said once at the door: less than what the user does, more than what everybody does."""


def raw(view: View) -> Proposals:
    """Score the item's demand relative to the most wanted one of its category."""
    epoch, told = view.shared.epoch, view.due.state.context
    if epoch is None or not len(epoch.category_trending) or not len(told.data):
        return Proposals.none()
    named = among(told.data["field"], INTERESTS) & (told.data["value"] != NO_ID)
    rows = named.nonzero()[0]
    if not len(rows):
        return Proposals.none()
    category = told.data["value"][rows]
    at, item, demand = epoch.category_trending.lookup(category, view.longest)
    return Proposals.of(told.slots[rows][at], item, BEST_SCORE * demand, category[at])


SOURCE = Source("told_interests", "declared_interest", raw)
