"""The parts of an epoch that come from demand: trending, trending per category, arrivals."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from streams.learner.demand import HOUR_MS
from streams.learner.items import Items
from streams.shared.arrays import places, runs

MAX_TRENDING = 200
MAX_CATEGORIES = 300
"""Lists of 20 items in 300 categories take 80 KB, and at most 1.8 MB of names of 256 bytes."""
MAX_ARRIVALS = 100
ARRIVAL_LIFE_MS = 7 * 24 * HOUR_MS
WARM_UP_MS = 24 * HOUR_MS
"""In the learner's first day every item looks new."""
LEAST_ARRIVAL_DEMAND = 3
"""One look at an item does not make it news (24-hour events count 8, weekly ones 1)."""

Packed = tuple[bytes, bytes]
"""Little-endian columns: uint64 item hashes, float32 scores."""


@dataclass(slots=True)
class Table:
    """The items as columns by slot, and who may appear: only what has a name."""

    hashes: NDArray[np.uint64]
    rank: NDArray[np.int64]
    category: NDArray[np.uint64]
    first_ms: NDArray[np.int64]
    occurred: NDArray[np.int64]
    demand: NDArray[np.int64]
    named: NDArray[np.bool_]


@dataclass(slots=True)
class Parts:
    """An epoch in the making: everything but the neighbours and the names."""

    trending: Packed
    category_trending: dict[int, Packed]
    arrivals: Packed
    cell_trending: dict[int, Packed]
    segment_trending: dict[int, Packed]
    bought_by: dict[int, Packed]


def table_of(items: Items, demand: NDArray[np.int64], names: dict[int, str]) -> Table:
    """Return the columns an epoch is made of; ``demand`` is by slot."""
    hashes = items.column("hash").astype(np.uint64)
    rank = np.empty(len(hashes), np.int64)
    rank[np.argsort(hashes)] = np.arange(len(hashes))
    occurred = items.column("entries").astype(np.int64) + items.column("orders").astype(np.int64)
    return Table(
        hashes,
        rank,
        items.column("category").astype(np.uint64),
        items.column("first_ms").astype(np.int64),
        occurred,
        demand,
        np.array([number in names for number in hashes.tolist()], bool),
    )


def parts_of(
    table: Table,
    now_ms: int,
    list_length: int,
    cell_trending: dict[int, Packed],
    segment_trending: dict[int, Packed],
    bought_by: dict[int, Packed],
) -> Parts:
    """Return trending, trending per category, arrivals, and what was found of cells, segments and users."""
    wanted = np.flatnonzero(table.named & (table.demand > 0))
    best = wanted[np.lexsort((table.rank[wanted], -table.demand[wanted]))]
    top = best[:MAX_TRENDING]
    return Parts(
        pack(table, top, _relative(table.demand[top])),
        _by_category(table, best, list_length),
        _arrivals(table, now_ms),
        cell_trending,
        segment_trending,
        bought_by,
    )


def _relative(demand: NDArray[np.int64]) -> NDArray[np.float64]:
    return demand / max(int(demand.max(initial=0)), 1)


def _by_category(table: Table, best: NDArray[np.int64], list_length: int) -> dict[int, Packed]:
    """Return each leading category's best items, relative to its best."""
    best = best[table.category[best] != NO_ID]
    category, first, inverse = np.unique(
        table.category[best], return_index=True, return_inverse=True
    )
    total = np.zeros(len(category), np.int64)
    np.add.at(total, inverse, table.demand[best])
    leading = np.lexsort((category, -total))[:MAX_CATEGORIES]
    order = np.argsort(inverse, kind="stable")  # best first within a category
    order = order[places(inverse[order]) < list_length]
    score = table.demand[best] / table.demand[best[first]][inverse]
    bounds = np.searchsorted(inverse[order], np.arange(len(category) + 1))
    found = {}
    for i in leading.tolist():
        rows = order[bounds[i] : bounds[i + 1]]
        found[int(category[i])] = pack(table, best[rows], score[rows])
    return found


def _arrivals(table: Table, now_ms: int) -> Packed:
    """Return items first seen lately, newest first, by how new they are (1: now, 0: too old)."""
    if not len(table.first_ms):
        return b"", b""
    age_ms = now_ms - table.first_ms
    known_ms = int(table.first_ms.min()) + WARM_UP_MS
    fresh = (age_ms >= 0) & (age_ms < ARRIVAL_LIFE_MS) & (table.first_ms >= known_ms)
    new = np.flatnonzero(fresh & table.named & (table.demand >= LEAST_ARRIVAL_DEMAND))
    new = new[np.lexsort((table.rank[new], age_ms[new]))][:MAX_ARRIVALS]
    return pack(table, new, 1 - age_ms[new] / ARRIVAL_LIFE_MS)


def packed_lists(
    key: NDArray[np.uint64], item: NDArray[np.uint64], score: NDArray[Any], longest: int
) -> dict[int, Packed]:
    """Return the ``longest`` best items of each key as an epoch carries them, ties by hash."""
    order = np.lexsort((item, -score, key))
    order = order[places(key[order]) < longest]
    key, item = key[order], item[order].astype("<u8")
    scores = score[order].astype("<f4")
    bounds = np.append(runs(key), len(key)).tolist()
    pieces = [slice(low, high) for low, high in itertools.pairwise(bounds)]
    return {int(key[p.start]): (item[p].tobytes(), scores[p].tobytes()) for p in pieces}


def pack(table: Table, slots: NDArray[np.int64], score: NDArray[Any]) -> Packed:
    """Return items and scores as an epoch carries them."""
    items = table.hashes[slots].astype("<u8").tobytes()
    return items, score.astype("<f4").tobytes()
