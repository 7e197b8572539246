"""What people went on to after the user's last items: directed, the newest item leads."""

from __future__ import annotations

from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import from_table

TABLE = "followers"
BEST_SCORE = 0.6
DECAY = 0.6
"""A step back counts less than among neighbours: the next item follows the last."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' transitions by the seeds' weights."""
    return from_table(view, TABLE, BEST_SCORE, DECAY)


SOURCE = Source("followers", "viewed_next", raw)
