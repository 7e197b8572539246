"""Something old that nobody sees: each day every user is offered a little of another age."""

from __future__ import annotations

import numpy as np

from streams.pipeline.candidates.arrivals import NEW_FOR_MS
from streams.pipeline.candidates.history import DAY_MS
from streams.pipeline.candidates.proposals import Proposals, Source, View

EACH_DAY = 3
OLDEST_MS = 400 * DAY_MS
BEST_SCORE = 0.05
"""Below everything that knows the user: exploration among the candidates, no more."""
_MIX = np.uint64(0x9E3779B97F4A7C15)


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for the newest items as of a day drawn by user and day.

    Items with neighbours in the epoch are seen often enough and left out.
    """
    due, catalogue = view.due, view.shared.catalogue
    if not len(due):
        return Proposals.none()
    heads = np.frombuffer(b"".join(key[:8] for key in due.state.keys), "<u8")
    day = (due.now_ms // DAY_MS).astype(np.uint64)
    mixed = (heads ^ (day * _MIX)) * _MIX
    share = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    age_ms = NEW_FOR_MS + (share * (OLDEST_MS - NEW_FOR_MS)).astype(np.int64)
    users, item, _ = catalogue.arrivals_at(due.now_ms - age_ms, due.reached_ms, EACH_DAY)
    if (epoch := view.shared.epoch) is not None:
        cold = ~epoch.neighbours.has(item)
        users, item = users[cold], item[cold]
    return Proposals.of(users, item, np.full(len(item), BEST_SCORE))


SOURCE = Source("rediscovered", "rediscovered", raw, cold=True)
