"""From the user's recent items to items that go with them: what several sources share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from streams.pipeline.candidates.history import SEED_DECAY, Seeds, Touches
from streams.pipeline.candidates.proposals import Proposals, View
from streams.shared.arrays import by_pair, by_score, order_by, places, runs, sums

SEEDS = 10
"""Most recent distinct items that are asked for neighbours; 0.8^10 leaves a tenth to the rest."""


def seeds(view: View, seen: Touches, asked: bool = True) -> Seeds:
    """Return each user's latest distinct items of ``seen``; ``asked``: the trigger's item first."""
    due = view.due
    extra = ((due.item != NO_ID) & asked).nonzero()[0]
    users = np.concatenate((seen.due, extra))
    item = np.concatenate((seen.item, due.item[extra]))
    order = by_pair(users, item)  # stable: in a run the latest comes last
    users, item = users[order], item[order]
    last = np.append(runs(users, item)[1:], len(users))[: len(users)] - 1
    users, item, when = users[last], item[last], order[last]
    recent = order_by(users, -when)
    users, item = users[recent], item[recent]
    step = places(users)
    kept = step < SEEDS
    return Seeds(users[kept], item[kept], step[kept])


def recent(view: View) -> Seeds:
    """Return the seeds of all that interested each user, worked out once for all sources."""
    if view.recent is None:
        view.recent = seeds(view, view.touches.take(view.touches.weight > 0))
    return view.recent


def from_table(view: View, name: str, best_score: float, decay: float = SEED_DECAY) -> Proposals:
    """Return ``best_score * s / (1 + s)`` where s sums a table's entries by the seeds' weights.

    ``name``: of the bundle's table; ``decay``: see `Seeds.weight`.
    """
    table = view.shared.tables[name]
    if not len(table):
        return Proposals.none()
    start = recent(view)
    rows, item, entry = table.lookup(start.item, view.longest)
    return added_up(start.due[rows], item, start.weight(decay)[rows] * entry, best_score, view)


def added_up(
    users: NDArray[np.int64],
    item: NDArray[np.uint64],
    strength: NDArray[np.float64],
    best_score: float,
    view: View,
) -> Proposals:
    """Return ``best_score * s / (1 + s)`` where s sums a pair's strengths."""
    order = by_pair(users, item)
    users, item = users[order], item[order]
    first = runs(users, item)
    total = sums(first, strength[order])
    return leading(users[first], item[first], best_score * total / (1 + total), view)


def leading(
    users: NDArray[np.int64], item: NDArray[np.uint64], score: NDArray[np.float64], view: View
) -> Proposals:
    """Return of pairs sorted by (due, item) as many of each user's best as may be chosen from.

    Long lists of many sources would all be sorted again together, to be cut then.
    """
    category, gone = view.shared.offers(item, view.due.reached_ms[users])
    left = (~gone).nonzero()[0]
    users, item, category = users[left], item[left], category[left]
    rated = score[left].astype(np.float32)
    top = by_score(users, rated)
    top = top[places(users[top]) < view.longest]
    return Proposals.of(users[top], item[top], rated[top], category[top])
