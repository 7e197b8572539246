"""What sessions like the user's own went on to: vector session kNN over the bundle's sessions."""

from __future__ import annotations

import numpy as np

from streams.pipeline.candidates.proposals import Proposals, Source, View
from streams.pipeline.candidates.similar import leading, recent
from streams.shared.arrays import by_pair, by_score, places, runs, sums

BEST_SCORE = 0.6
SEEDS = 4
"""Latest items that are compared: a session is short."""
LED = 25
"""Newest sessions that each of them leads to."""
NEIGHBOURS = 20
"""Sessions that vote."""


def raw(view: View) -> Proposals:
    """Score the share of votes: of the likest sessions by how much they share, rare items most."""
    sessions = view.shared.tables.sessions
    if not len(sessions):
        return Proposals.none()
    start = recent(view)
    first = start.step < SEEDS
    due, item, weight = start.due[first], start.item[first], start.weight()[first]
    row, session, shared = sessions.led_by(item, LED)
    users, numbers = due[row], session.astype(np.uint64)
    order = by_pair(users, numbers)
    users, numbers = users[order], numbers[order]
    starts = runs(users, numbers)
    alike = sums(starts, (weight[row] * shared)[order])
    users, numbers = users[starts], numbers[starts]
    best = by_score(users, alike.astype(np.float32))
    best = best[places(users[best]) < NEIGHBOURS]
    users, alike = users[best], alike[best]
    total = np.bincount(users, alike, len(view.due))
    at, item, worth = sessions.held_in(numbers[best].astype(np.uint32))
    vote = alike[at] * worth / total[users[at]]
    order = by_pair(users[at], item)
    users, item = users[at][order], item[order]
    starts = runs(users, item)
    score = BEST_SCORE * np.minimum(sums(starts, vote[order]), 1.0)
    return leading(users[starts], item[starts], score, view)


SOURCE = Source("session_neighbours", "sessions_like_yours", raw)
