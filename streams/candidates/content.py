"""What is described as the user's recent items are, and nobody has seen enough to say more of it."""

from __future__ import annotations

from streams.candidates.proposals import Proposals, Source, View
from streams.candidates.similar import added_up, recent

TABLE = "content"
BEST_SCORE = 0.3
"""Alike on paper; what people do says more where there is any of it."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' likeness to the cold item by the seeds' weights."""
    table = view.shared.tables[TABLE]
    if not len(table):
        return Proposals.none()
    start = recent(view)
    rows, item, weight = table.lookup(start.item, view.longest)
    return added_up(start.due[rows], item, start.weight()[rows] * weight, BEST_SCORE, view)


SOURCE = Source("content", "described_alike", raw)
