"""A look ahead: a user's recent events as they will be at later records of the batch.

What may trigger stops a wave, and a wave takes as long for one user as for many. Where the suspects of one
user are many, their rows as of each are made first and the rules asked, so that false ones stop nothing.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import EVENT, Ragged, joined
from schemas.vocabulary import DEEDS, among
from streams.shared.arrays import order_by, places

FEW, AHEAD = 8, 32
"""Up to ``FEW`` suspects of a user stop a wave each; of more, the first ``AHEAD`` are looked at."""

Ints = NDArray[np.int64]


def looked_at(users: Ints, pos: Ints) -> Ints:
    """Return which suspects (indices) are worth a look, by user and position."""
    many = of_many(users, np.ones(len(users), bool))
    order = many[order_by(users[many], pos[many])]
    return order[places(users[order]) < AHEAD]


def of_many(users: Ints, suspects: NDArray[np.bool_]) -> Ints:
    """Return the rows (indices) of those ``users`` of whom more than a few are ``suspects``."""
    if np.count_nonzero(suspects) <= FEW:
        return np.zeros(0, np.int64)
    return (np.bincount(users[suspects], minlength=users.max() + 1)[users] > FEW).nonzero()[0]


def events_ahead(
    events: Ragged, facts: NDArray[Any], users: Ints, ends: Ints, recent_events: int
) -> Ragged:
    """Return the recent events of ``users[i]`` when all ``facts`` with ``pos < ends[i]`` are applied.

    ``users`` and ``ends`` (int64[k]) are sorted by both; ``facts``: the FACT_ROWs not applied yet.
    """
    deeds = facts.compress(among(facts["type"], DEEDS))
    rows, lengths = [np.zeros(0, EVENT)], [0]
    first, after = (users.searchsorted(np.unique(users), side) for side in ("left", "right"))
    for start, stop in zip(first.tolist(), after.tolist(), strict=True):
        user = users[start]
        mine = deeds.compress((deeds["user"] == user) & (deeds["pos"] < ends[stop - 1]))
        both, kept = _of_one(events.of(int(user)), mine, ends[start:stop], recent_events)
        lengths += [len(each) for each in kept]
        rows.append(both.take(np.array([row for each in kept for row in each], np.int64)))
    return Ragged(joined(rows), np.cumsum(lengths))


def _of_one(
    old: NDArray[Any], facts: NDArray[Any], ends: Ints, recent_events: int
) -> tuple[NDArray[Any], list[list[int]]]:
    """One user's events, sorted, and which of them are kept at each of the ends."""
    facts = facts.take(facts["pos"].argsort(kind="stable"))
    fresh = np.zeros(len(facts), EVENT)
    for name in EVENT.names or ():
        fresh[name] = facts[name]
    both = joined((old, fresh))
    order = order_by(both["ts_ms"], both["event"], both["line"])
    rank = np.empty(len(both), np.int64)
    rank[order] = np.arange(len(both))
    added = facts["pos"].searchsorted(ends).tolist()
    kept = _kept(rank[: len(old)].tolist(), rank[len(old) :].tolist(), added, recent_events)
    return both.take(order), list(kept)


def _kept(old: list[int], fresh: list[int], added: list[int], most: int) -> Iterator[list[int]]:
    """The largest ranks once the first so many fresh ones have joined the old."""
    kept, done = old, 0
    for count in added:
        for rank in fresh[done:count]:
            insort(kept, rank)
            del kept[:-most]
        done = count
        yield kept.copy()
