"""What is described as the user's recent items are, and nobody has seen enough to say more of it.

The bundle's table has what was cold in training; what was launched since comes with the epochs.
"""

from __future__ import annotations

from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import added_up, from_table, recent

TABLE = "content"
BEST_SCORE = 0.3
"""Alike on paper; what people do says more where there is any of it."""


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' likeness to the cold item by the seeds' weights."""
    return from_table(view, TABLE, BEST_SCORE).and_also(_launched(view))


def _launched(view: View) -> Proposals:
    epoch = view.shared.epoch
    if epoch is None or not len(epoch.described):
        return Proposals.none()
    start = recent(view)
    rows, item, like = epoch.described.lookup(start.item, view.longest)
    return added_up(start.due[rows], item, start.weight()[rows] * like, BEST_SCORE, view)


SOURCE = Source("content", "described_alike", raw)
