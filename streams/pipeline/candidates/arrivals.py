"""What is new in the shop: by the catalogue, or by the first events where there is none."""

from __future__ import annotations

import numpy as np

from streams.knowledge.shared import EpochView
from streams.pipeline.candidates.history import DAY_MS, half
from streams.pipeline.candidates.proposals import Proposals, Source, View

BEST_SCORE = 0.15
"""New says nothing about the user; it must not crowd out what does."""
HALF_LIFE_MS = 7 * DAY_MS
NEW_FOR_MS = 30 * DAY_MS
"""After a month an item is no news."""


def raw(view: View) -> Proposals:
    """Score ``BEST_SCORE`` for an item of this moment, half of it a week later."""
    due, catalogue = view.due, view.shared.catalogue
    if not len(catalogue):
        return _from_epoch(view, view.shared.epoch)
    users, item, arrived_ms = catalogue.arrivals_at(due.now_ms, view.longest)
    age_ms = due.now_ms[users] - arrived_ms
    fresh = age_ms <= NEW_FOR_MS
    score = BEST_SCORE * half(age_ms[fresh].astype(np.float64), HALF_LIFE_MS)
    return Proposals.of(users[fresh], item[fresh], score)


def _from_epoch(view: View, epoch: EpochView | None) -> Proposals:
    if epoch is None:
        return Proposals.none()
    item, newness = epoch.arrivals[0][: view.longest], epoch.arrivals[1][: view.longest]
    users = np.arange(len(view.due)).repeat(len(item))
    score = np.tile(BEST_SCORE * newness, len(view.due))
    item = np.tile(item, len(view.due))
    return Proposals.of(users, item, score, epoch.categories(item))


SOURCE = Source("arrivals", "new_arrival", raw, cold=True)
