"""What is in demand near a place: weighted counts by cell and item, of the last week."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import h3
import numpy as np
from numpy.typing import NDArray

from models.features.whereabouts import is_cell
from schemas.ids import NO_ID, hash64
from streams.learner.demand import DAY_H, HOUR_MS, SLOT_BITS, WEEK_H
from streams.learner.index import HashIndex
from streams.learner.kept import Kept
from streams.learner.popular import Packed, Table, pack
from streams.learner.tally import Tally
from streams.shared.arrays import runs

Ints = NDArray[np.int64]
CELL_BITS = 16
MAX_BUCKETS = 2_000_000
"""Counts kept (cell x item x hour): 32 MB; beyond, the oldest hours go."""
MAX_CELLS = 300
"""Cells an epoch tells of, the busiest; 20 items each take 72 KB."""
OWN_WEIGHT = 2
"""The cell itself counts twice, the six around it once: a street may be the border of two."""
LEAST_DEMAND = 24
"""Three looks of the last day: fewer are no demand of a place but of somebody."""
_SLOT = (1 << SLOT_BITS) - 1
_CELL = (1 << CELL_BITS) - 1


Beside = Callable[[str], Iterable[str]]


def cells_beside(cell: str) -> Iterable[str]:
    """Return the cells that touch an H3 cell; none where the text is no cell."""
    return h3.grid_ring(cell, 1) if is_cell(cell) else ()


def nothing_beside(_: str) -> Iterable[str]:
    """Return what touches a segment: none touches another, whatever it is called."""
    return ()


class NearDemand(Kept):
    """Counts of facts whose user's cell, or segment, was known."""

    KEEPS = ("_index", "_tally")

    def __init__(self, beside: Beside, most: int = MAX_BUCKETS) -> None:
        """``beside``: which others, by their texts, count for a cell too."""
        self._beside, self._most = beside, most
        self._index = HashIndex()
        self._tally = Tally()

    def add(self, cells: NDArray[np.uint64], slots: Ints, ts_ms: Ints, weights: Ints) -> None:
        """Count events of items in cells (0: not known). The first 65,536 cells are kept apart."""
        known = np.flatnonzero(cells != NO_ID)
        if not len(known):
            return
        cell = self._index.slots(cells[known])
        known, cell = known[cell <= _CELL], cell[cell <= _CELL]
        hour = ts_ms[known] // HOUR_MS
        self._tally.add((((hour << CELL_BITS) | cell) << SLOT_BITS) | slots[known], weights[known])
        if len(self._tally) > self._most:
            self._drop_oldest()

    def of(
        self, table: Table, now_ms: int, names: dict[int, str], length: int
    ) -> dict[int, Packed]:
        """Return for the busiest cells the items in demand there and around, best first.

        Scores are relative to the best of the cell. ``names``: the texts of hashes, cells among them.
        """
        cell, slot, demand = self._demand(now_ms)
        if not len(cell):
            return {}
        starts = runs(cell)
        bounds = np.append(starts, len(cell))
        total = np.add.reduceat(demand, starts)
        hashes = self._index.hashes()[cell[starts]]
        busiest = np.lexsort((hashes, -total))[:MAX_CELLS].tolist()
        place = {number: i for i, number in enumerate(hashes.tolist())}
        found = {}
        for i in busiest:
            number = int(hashes[i])
            near = map(hash64, self._beside(names.get(number, "")))
            parts = [(i, OWN_WEIGHT), *((place[n], 1) for n in near if n in place)]
            rows = [(slice(bounds[k], bounds[k + 1]), weight) for k, weight in parts]
            slots = np.concatenate([slot[at] for at, _ in rows])
            wanted = np.concatenate([demand[at] * weight for at, weight in rows])
            if best := _best(table, slots, wanted, length):
                found[number] = best
        return found

    def cells(self) -> set[int]:
        """Return the hashes of the cells."""
        return set(self._index.hashes().tolist())

    def rename(self, renumbered: Ints) -> None:
        """Follow a renumbering of items; counts of those that are gone (-1) go too."""
        keys, counts = self._tally.rows()
        slots = renumbered[keys & _SLOT]
        kept = slots >= 0
        self._tally.replace((keys[kept] & ~_SLOT) | slots[kept], counts[kept])

    def _demand(self, now_ms: int) -> tuple[Ints, Ints, Ints]:
        """(cell, item slot, demand) sorted by cell and slot; what is older than a week is forgotten."""
        keys, counts = self._tally.rows()
        age_h = now_ms // HOUR_MS - (keys >> (SLOT_BITS + CELL_BITS))
        kept = age_h < WEEK_H
        if not kept.all():
            keys, counts, age_h = keys[kept], counts[kept], age_h[kept]
            self._tally.replace(keys, counts)
        pair = keys & ((1 << (SLOT_BITS + CELL_BITS)) - 1)
        weighted = np.where(age_h < DAY_H, 8, 1) * counts * (age_h >= 0)
        pair, inverse = np.unique(pair, return_inverse=True)
        total = np.zeros(len(pair), np.int64)
        np.add.at(total, inverse, weighted)
        return pair >> SLOT_BITS, pair & _SLOT, total

    def _drop_oldest(self) -> None:
        """Keep the newest three quarters, in whole hours: which rows go does not depend on order."""
        keys, counts = self._tally.rows()
        excess = len(keys) - self._most * 3 // 4
        if len(keys) > self._most:
            bits = SLOT_BITS + CELL_BITS
            kept = (keys >> bits) > (keys[excess - 1] >> bits)
            self._tally.replace(keys[kept], counts[kept])


def _best(table: Table, slots: Ints, demand: Ints, length: int) -> Packed | None:
    """The items with the most demand as an epoch carries them; None where there is too little."""
    item, inverse = np.unique(slots, return_inverse=True)
    total = np.zeros(len(item), np.int64)
    np.add.at(total, inverse, demand)
    kept = np.flatnonzero((total >= LEAST_DEMAND * OWN_WEIGHT) & table.named[item])
    kept = kept[np.lexsort((table.rank[item[kept]], -total[kept]))][:length]
    if not len(kept):
        return None
    return pack(table, item[kept], total[kept] / total[kept[0]])
