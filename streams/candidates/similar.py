"""From the user's recent items to items that go with them: what several sources share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from streams.candidates.history import Touches
from streams.candidates.proposals import Proposals, View
from streams.groups import by_pair, order_by, places, runs, sums

SEEDS = 10
"""Most recent distinct items that are asked for neighbours; 0.8^10 leaves a tenth to the rest."""
SEED_DECAY = 0.8
"""Weight of a seed per step back in time; the lab's best on Beauty."""


@dataclass(slots=True)
class Seeds:
    """Items to start from, one user after the other, with their weight."""

    due: NDArray[np.int64]
    item: NDArray[np.uint64]
    weight: NDArray[np.float64]


def seeds(view: View, seen: Touches, asked: bool = True, decay: float = SEED_DECAY) -> Seeds:
    """Return each user's latest distinct items of ``seen``; ``asked``: the trigger's item first."""
    due = view.due
    extra = np.flatnonzero((due.item != NO_ID) & asked)
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
    return Seeds(users[kept], item[kept], np.power(decay, step[kept], dtype=np.float64))


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
    category = view.shared.categories(item[first])
    return Proposals.of(users[first], item[first], best_score * total / (1 + total), category)
