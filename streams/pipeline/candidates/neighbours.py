"""What others looked at or bought together with the user's recent items and the trigger's."""

from __future__ import annotations

from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import added_up, recent

BEST_SCORE = 0.6
"""An item new to the user is less likely than one the user knows (Taobao: 0 of 206)."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' similarities by the seeds' weights."""
    epoch = view.shared.epoch
    if epoch is None:
        return Proposals.none()
    start = recent(view)
    rows, item, similarity = epoch.neighbours.lookup(start.item)
    return added_up(start.due[rows], item, start.weight()[rows] * similarity, BEST_SCORE, view)


SOURCE = Source("neighbours", "similar_items", raw)
