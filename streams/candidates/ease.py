"""What the bundle's sparse linear model (EASE) says goes with the user's recent items."""

from __future__ import annotations

from streams.candidates.proposals import Proposals, Source, View
from streams.candidates.similar import added_up, recent

TABLE = "ease"
BEST_SCORE = 0.6


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' regression weights by the seeds' own."""
    table = view.shared.tables[TABLE]
    if not len(table):
        return Proposals.none()
    start = recent(view)
    rows, item, weight = table.lookup(start.item, view.longest)
    return added_up(start.due[rows], item, start.weight()[rows] * weight, BEST_SCORE, view)


SOURCE = Source("ease", "goes_with_yours", raw)
