"""Sorting and grouping of (row, item) pairs, for whole batches at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEY_BITS = 63
_FEW = 400
"""Rows up to which sorting column by column takes less than making one key of them."""
_MANY = 4_096
"""Rows from which on `_numbered` is the faster way."""


def by_pair(due: NDArray[np.int64], item: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return a stable order by (due, item).

    One sort of a mixed 64-bit key is several times faster than two of columns. The key drops low
    bits of the hash, so two items of a user may share one: then the slow way is taken.
    """
    if len(due) < _FEW:
        return np.lexsort((item, due))
    bits = max(int(due.max(initial=0)).bit_length(), 1)
    key = (due.astype(np.uint64) << np.uint64(64 - bits)) | (item >> np.uint64(bits))
    order, ordered = _numbered(key) if len(key) >= _MANY else _plainly(key)
    same = ordered[1:] == ordered[:-1]
    if (item[order][1:][same] != item[order][:-1][same]).any():
        return order_by(due, item)
    return order


def _plainly(key: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    order = key.argsort(kind="stable")
    return order, key[order]


def _numbered(key: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return a stable order of the keys but for their lowest bits, and what was ordered.

    The row's number takes the place of the bits: sorting numbers is three times as fast as sorting
    places by them, and no two are equal.
    """
    bits = np.uint64(len(key).bit_length())
    numbered = (key >> bits << bits) | np.arange(len(key), dtype=np.uint64)
    numbered.sort()
    order = (numbered & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    return order, numbered >> bits


def order_by(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return a stable order by integer columns, the first one first: ``np.lexsort`` turned round.

    As many leading columns as fit share one 63-bit key. One sort of it is several times faster
    than one a column, most of all where rows are nearly in order already. Only rows with equal
    keys look at the columns that did not fit.
    """
    if len(columns[0]) < _FEW:
        return np.lexsort(columns[::-1])
    key, fitted = _packed(columns)
    if not fitted:
        return np.lexsort(columns[::-1])
    order = key.argsort(kind="stable")
    if fitted < len(columns):
        key = key[order]
        same = key[1:] == key[:-1]
        tied = (np.append(same, False) | np.append(False, same)).nonzero()[0]
        rows, rest = order[tied], [column[order[tied]] for column in columns[fitted:]]
        order[tied] = rows[np.lexsort((*rest[::-1], key[tied]))]
    return order


def _packed(columns: tuple[NDArray[Any], ...]) -> tuple[NDArray[np.int64], int]:
    """One key that sorts as the leading columns do, and how many of them are in it."""
    key, bits = np.zeros(len(columns[0]), np.int64), 0
    for fitted, column in enumerate(columns):
        low = column.min()
        need = (int(column.max()) - int(low)).bit_length()
        bits += need
        if bits > _KEY_BITS:
            return key, fitted
        key = (key << need) | (column - low).astype(np.int64)
    return key, len(columns)


def runs(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Return where any of the sorted columns changes, the first row included."""
    changed = np.ones(len(columns[0]), bool)
    later, rest = changed[1:], iter(columns)
    column = next(rest)
    np.not_equal(column[1:], column[:-1], out=later)
    for column in rest:
        later |= column[1:] != column[:-1]
    return changed.nonzero()[0]


def lengths(starts: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return how long each run is; the last one ends with the rows."""
    return np.append(starts[1:], rows) - starts


def sums(starts: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each run, added first to last: the same in every batch."""
    group = np.arange(len(starts)).repeat(lengths(starts, len(values)))
    total: NDArray[np.float64] = np.bincount(group, values, len(starts)).astype(np.float64)
    return total


def by_score(due: NDArray[np.int64], score: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return a stable order by (due, highest score first); scores are not negative."""
    # Bit patterns of floats that are not negative sort as the floats do.
    falling = np.uint64(0xFFFFFFFF) - score.view(np.uint32).astype(np.uint64)
    key = (due.astype(np.uint64) << np.uint64(32)) | falling
    spare = 32 - int(due.max(initial=0)).bit_length()
    if len(key) < _MANY or spare < len(key).bit_length():
        return key.argsort(kind="stable")
    return _numbered(key << np.uint64(spare))[0]


def how_many(
    slots: NDArray[np.int64], values: NDArray[Any], due: NDArray[np.int64], wanted: NDArray[Any]
) -> NDArray[np.int64]:
    """Return how many rows (slot, value) are each (due, wanted)."""
    names = np.unique(values)
    if not len(names):
        return np.zeros(len(due), np.int64)
    keys, counts = np.unique(slots * len(names) + names.searchsorted(values), return_counts=True)
    name = np.minimum(names.searchsorted(wanted), len(names) - 1)
    asked = due * len(names) + name
    at = np.minimum(keys.searchsorted(asked), len(keys) - 1)
    return np.where((keys[at] == asked) & (names[name] == wanted), counts[at], 0)


def places(due: NDArray[Any]) -> NDArray[np.int64]:
    """Return each row's place among the rows of its user (or other key), from 0; ``due`` is sorted."""
    place = np.arange(len(due))
    first = place.copy()
    first[1:][due[1:] == due[:-1]] = 0
    np.maximum.accumulate(first, out=first)  # the row's first of the same key
    place -= first
    return place


@dataclass(slots=True)
class PairSet:
    """Pairs of due row and item that can be asked for, many at once."""

    due: NDArray[np.int64]
    item: NDArray[np.uint64]

    def contains(self, due: NDArray[np.int64], item: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of the given pairs are in the set."""
        known = np.unique(self.item)
        found = np.zeros(len(due), bool)
        if not len(known):
            return found
        at = np.minimum(known.searchsorted(item), len(known) - 1)
        maybe = (known[at] == item).nonzero()[0]
        keys = self.due * len(known) + known.searchsorted(self.item)
        found[maybe] = np.isin(due[maybe] * len(known) + at[maybe], keys)
        return found

    def most(self) -> int:
        """The largest number of items that one due row has."""
        return int(np.bincount(self.due).max(initial=0))
