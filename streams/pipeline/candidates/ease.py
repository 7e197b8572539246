"""What the bundle's sparse linear model (EASE) says goes with the user's recent items."""

from __future__ import annotations

from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import from_table

TABLE = "ease"
BEST_SCORE = 0.6


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' regression weights by the seeds' own."""
    return from_table(view, TABLE, BEST_SCORE)


SOURCE = Source("ease", "goes_with_yours", raw)
