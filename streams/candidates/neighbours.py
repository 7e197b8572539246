"""What others looked at or bought together with the user's recent items and the trigger's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from streams.candidates.proposals import Proposals, Source, View
from streams.groups import by_pair, places, runs, sums

SEEDS = 10
"""Most recent distinct items that are asked for neighbours; 0.8^10 leaves a tenth to the rest."""
SEED_DECAY = 0.8
"""Weight of a seed per step back in time; the lab's best on Beauty."""
BEST_SCORE = 0.6
"""An item new to the user is less likely than one the user knows (Taobao: 0 of 206)."""


@dataclass(slots=True)
class Seeds:
    """Items to start from, one user after the other, with their weight."""

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    weight: NDArray[np.float64]


def raw(view: View) -> Proposals:
    """Score s/(1+s) where s sums the seeds' similarities by the seeds' weights."""
    epoch = view.shared.epoch
    if epoch is None:
        return Proposals.none()
    start = seeds(view)
    rows, item, similarity = epoch.neighbours.lookup(start.item)
    users = start.due[rows]
    strength = start.weight[rows] * similarity
    order = by_pair(users, item)
    users, item = users[order], item[order]
    first = runs(users, item)
    total = sums(first, strength[order])
    category = epoch.categories(item[first])
    return Proposals.of(users[first], item[first], BEST_SCORE * total / (1 + total), category)


def seeds(view: View) -> Seeds:
    """Return each user's latest distinct items, the trigger's item first."""
    due, seen = view.due, view.touches.take(view.touches.weight > 0)
    asked = np.flatnonzero(due.item != NO_ID)
    users = np.concatenate((seen.due, asked))
    item = np.concatenate((seen.item, due.item[asked]))
    order = by_pair(users, item)  # stable: in a run the latest comes last
    users, item = users[order], item[order]
    last = np.append(runs(users, item)[1:], len(users))[: len(users)] - 1
    users, item, when = users[last], item[last], order[last]
    recent = np.lexsort((-when, users))
    users, item = users[recent], item[recent]
    step = places(users)
    kept = step < SEEDS
    return Seeds(users[kept], item[kept], np.power(SEED_DECAY, step[kept], dtype=np.float64))


SOURCE = Source("neighbours", "similar_items", raw)
