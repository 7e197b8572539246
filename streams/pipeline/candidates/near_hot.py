"""What is in demand where the user is: in their coarse cell and those around it; offers first."""

from __future__ import annotations

import numpy as np

from schemas.ids import NO_ID
from schemas.vocabulary import ContextField
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.4
"""The neighbours' demand says more than everybody's, and less than what the user did."""
PLAIN = 0.75
"""Of the score without a standing offer: an offer near is worth the way."""


def raw(view: View) -> Proposals:
    """Score the item's demand near the user relative to the most wanted one there."""
    due, epoch = view.due, view.shared.epoch
    if epoch is None or not len(epoch.cell_trending):
        return Proposals.none()
    told = due.state.context
    rows = (told.data["field"] == ContextField.CELL).nonzero()[0]
    rows = rows[told.data["value"][rows] != NO_ID]
    users = told.slots[rows]
    at, item, demand = epoch.cell_trending.lookup(told.data["value"][rows], view.longest)
    if not len(at):
        return Proposals.none()
    at_ms = due.reached_ms[users[at]]
    until_ms = view.shared.catalogue.attributes(item, at_ms)["offer_until_ms"]
    offered = until_ms > due.now_ms[users[at]]
    score = BEST_SCORE * demand * np.where(offered, 1.0, PLAIN)
    return Proposals.of(users[at], item, score, epoch.categories(item))


SOURCE = Source("near_hot", "hot_near_you", raw)
