"""What is new in the shop: by the catalogue, or by the first events where there is none."""

from __future__ import annotations

import numpy as np

from schemas.tables import DueUsers
from streams.candidates.history import DAY_MS, bought, half
from streams.candidates.proposals import Proposals, Source
from streams.settings import Settings
from streams.shared import EpochView, Shared

BEST_SCORE = 0.15
"""New says nothing about the user; it must not crowd out what does."""
HALF_LIFE_MS = 7 * DAY_MS
NEW_FOR_MS = 30 * DAY_MS
"""After a month an item is no news."""


def raw(due: DueUsers, shared: Shared, settings: Settings) -> Proposals:
    """Score ``BEST_SCORE`` for an item of this moment, half of it a week later."""
    limit = settings.candidates_per_source + bought(due).most()
    if not len(shared.catalogue):
        return _from_epoch(due, shared.epoch, limit)
    users, item, arrived_ms = shared.catalogue.arrivals_at(due.now_ms, limit)
    age_ms = due.now_ms[users] - arrived_ms
    fresh = age_ms <= NEW_FOR_MS
    score = BEST_SCORE * half(age_ms[fresh].astype(np.float64), HALF_LIFE_MS)
    return Proposals.of(users[fresh], item[fresh], score)


def _from_epoch(due: DueUsers, epoch: EpochView | None, limit: int) -> Proposals:
    if epoch is None:
        return Proposals.none()
    item, newness = epoch.arrivals[0][:limit], epoch.arrivals[1][:limit]
    users = np.repeat(np.arange(len(due)), len(item))
    score = np.tile(BEST_SCORE * newness, len(due))
    item = np.tile(item, len(due))
    return Proposals.of(users, item, score, epoch.categories(item))


SOURCE = Source("arrivals", "new_arrival", raw, cold=True)
