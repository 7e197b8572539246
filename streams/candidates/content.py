"""What is described as the user's recent items are, and nobody has seen enough to say more of it."""

from __future__ import annotations

from streams.candidates.proposals import Proposals, Source, View
from streams.candidates.similar import from_table

TABLE = "content"
BEST_SCORE = 0.3
"""Alike on paper; what people do says more where there is any of it."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' likeness to the cold item by the seeds' weights."""
    return from_table(view, TABLE, BEST_SCORE)


SOURCE = Source("content", "described_alike", raw)
