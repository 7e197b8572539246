"""What is in demand everywhere: works for a user of whom nothing is known."""

from __future__ import annotations

import numpy as np

from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.2
"""Demand of the crowd is the weakest evidence about one user."""


def raw(view: View) -> Proposals:
    """Score the item's demand relative to the most wanted one."""
    due, epoch = view.due, view.shared.epoch
    if epoch is None:
        return Proposals.none()
    item, demand = epoch.trending
    times, time = np.unique(due.reached_ms, return_inverse=True)
    _, gone = view.shared.catalogue.offers(np.tile(item, len(times)), times.repeat(len(item)))
    left = ~gone.reshape(len(times), len(item))
    top = left & (left.cumsum(axis=1) <= view.longest)
    users, chosen = top[time].nonzero()
    item, demand = item[chosen], demand[chosen]
    return Proposals.of(users, item, BEST_SCORE * demand, epoch.categories(item))


SOURCE = Source("trending", "trending", raw, cold=True)
