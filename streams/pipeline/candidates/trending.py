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
    _, gone = view.shared.catalogue.offers(item)
    top = (~gone).nonzero()[0][: view.longest]
    users = np.arange(len(due)).repeat(len(top))
    item, demand = np.tile(item[top], len(due)), np.tile(demand[top], len(due))
    return Proposals.of(users, item, BEST_SCORE * demand, epoch.categories(item))


SOURCE = Source("trending", "trending", raw, cold=True)
