"""What is in demand among users of the same segment: for those who did nothing yet."""

from __future__ import annotations

from schemas.ids import NO_ID
from schemas.vocabulary import ContextField
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.25
"""A segment says a little more than everybody."""


def raw(view: View) -> Proposals:
    """Score the item's demand in the profile's first segment relative to the most wanted one there."""
    epoch, told = view.shared.epoch, view.due.state.context
    if epoch is None or not len(epoch.segment_trending) or not len(told.data):
        return Proposals.none()
    named = told.data["field"] == ContextField.SEGMENT_1
    rows = (named & (told.data["value"] != NO_ID)).nonzero()[0]
    segment = told.data["value"][rows]
    at, item, demand = epoch.segment_trending.lookup(segment, view.longest)
    return Proposals.of(told.slots[rows][at], item, BEST_SCORE * demand, epoch.categories(item))


SOURCE = Source("segment_trending", "trending_in_segment", raw)
