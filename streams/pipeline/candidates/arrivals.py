"""What is new in the shop: by the catalogue, or by the first events where there is none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    told = catalogue.first_ms <= due.reached_ms
    users, item, arrived_ms = catalogue.arrivals_at(due.now_ms, due.reached_ms, view.longest)
    age_ms = due.now_ms[users] - arrived_ms
    fresh = age_ms <= NEW_FOR_MS
    score = BEST_SCORE * half(age_ms[fresh].astype(np.float64), HALF_LIFE_MS)
    known = Proposals.of(users[fresh], item[fresh], score)
    return known.and_also(_from_epoch(view, (~told).nonzero()[0]))


def _from_epoch(view: View, rows: NDArray[np.int64]) -> Proposals:
    """What came lately, for the rows at which there is no catalogue."""
    epoch = view.shared.epoch
    if epoch is None:
        return Proposals.none()
    item, newness = epoch.arrivals[0][: view.longest], epoch.arrivals[1][: view.longest]
    users = rows.repeat(len(item))
    score = np.tile(BEST_SCORE * newness, len(rows))
    item = np.tile(item, len(rows))
    return Proposals.of(users, item, score, epoch.categories(item))


SOURCE = Source("arrivals", "new_arrival", raw, cold=True)
