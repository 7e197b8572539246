"""What is in demand everywhere: works for a user of whom nothing is known."""

from __future__ import annotations

import numpy as np

from schemas.tables import DueUsers
from streams.candidates.history import bought
from streams.candidates.proposals import Proposals, Source
from streams.settings import Settings
from streams.shared import Shared

BEST_SCORE = 0.2
"""Demand of the crowd is the weakest evidence about one user."""


def raw(due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
    """Score the item's demand relative to the most wanted one."""
    if shared.epoch is None:
        return Proposals.none()
    item, demand = shared.epoch.trending
    on_offer = ~(shared.catalogue.attributes(item)["stock"] <= 0)
    # As many more as the fullest user may lose to what is owned: no user comes out short.
    top = np.flatnonzero(on_offer)[: settings.candidates_per_source + bought(due).most()]
    users = np.repeat(np.arange(len(due)), len(top))
    item, demand = np.tile(item[top], len(due)), np.tile(demand[top], len(due))
    return Proposals.of(users, item, BEST_SCORE * demand, shared.epoch.categories(item))


SOURCE = Source("trending", "trending", raw, cold=True)
