"""Change the end of each user's sorted rows and leave what is before it as it is.

New rows belong near the end almost always. Sorting a whole history for each of them would make an
event dearer the longer its user has been known.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import Ragged, joined

Ints = NDArray[np.int64]
Rows = NDArray[Any]
Keys = Callable[[Ints, Ints], Ints]
"""Gives the keys of rows (places in the data) that belong to users (both int64[k])."""

FEW, USERS = 24, 100
"""Up to so many rows a user, and as many for so many users more, sorting all of them takes less than
to part them."""
_NONE = np.iinfo(np.int64).max


def staying(
    rows: Ragged, keys: Keys, oldest: Ints | None, users: Rows, fresh: Rows
) -> tuple[Ints, Ints]:
    """Return from which place to which each user's rows stay as they are.

    ``oldest`` (int64[users]): keys below it are forgotten; ``fresh``: the keys of new rows of
    ``users``. What comes after the rows that stay is to be sorted anew: all, where rows are few.
    """
    start = rows.offsets[:-1]
    if len(rows.data) <= FEW * (len(start) + USERS):
        return start, start
    least = np.full(len(start), _NONE)
    np.minimum.at(least, users, fresh.astype(np.int64))
    cut = bisect(rows, keys, least)
    return (start if oldest is None else np.minimum(bisect(rows, keys, oldest), cut)), cut


def bisect(rows: Ragged, keys: Keys, wanted: Ints) -> Ints:
    """Return each user's first place whose key is not below ``wanted`` (int64[users]).

    Keys rise within a user's rows; the place is their end if all are below.
    """
    low, high = rows.offsets[:-1].copy(), rows.offsets[1:].copy()

    def narrow(users: Ints, middle: Ints) -> Ints:
        below = keys(middle, users) < wanted[users]
        low[users[below]] = middle[below] + 1
        high[users[~below]] = middle[~below]
        return users[low[users] < high[users]]

    users = np.flatnonzero(low < high)
    users = narrow(users, high[users] - 1)  # the last row decides for most, or the first one
    users = narrow(users, low[users])
    while len(users):
        users = narrow(users, (low[users] + high[users]) // 2)
    return low


def tail(rows: Ragged, cut: Ints, users: Rows, fresh: Rows) -> tuple[Ints, Rows]:
    """Return the users and the rows from place ``cut`` of each user on, then the fresh ones."""
    old = within(rows, cut, rows.offsets[1:])
    return np.concatenate((old.slots, users.astype(np.int64))), joined((old.data, fresh))


def within(rows: Ragged, first: Ints, end: Ints) -> Ragged:
    """Return each user's rows from place ``first`` to ``end``."""
    lengths = end - first
    if lengths.sum() == len(rows.data):
        return rows
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    places = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], lengths)
    return Ragged(rows.data.take(places), offsets)


def replaced(rows: Ragged, first: Ints, cut: Ints, ends: Ragged) -> Ragged:
    """Return each user's rows from place ``first`` to ``cut``, then what ``ends`` has of them."""
    lengths = cut - first
    if not lengths.any():
        return ends
    offsets = np.zeros(len(first) + 1, np.int64)
    np.cumsum(lengths + ends.lengths, out=offsets[1:])
    later = _pieces(ends.data, ends.offsets[:-1], ends.offsets[1:])
    pieces = chain.from_iterable(zip(_pieces(rows.data, first, cut), later, strict=True))
    return Ragged(np.frombuffer(bytearray().join(pieces), rows.data.dtype), offsets)


def _pieces(data: Rows, first: Ints, end: Ints) -> list[memoryview]:
    """Return the bytes of each run of rows: copying one hardly takes longer the longer it is."""
    size, whole = data.dtype.itemsize, memoryview(data.tobytes())
    bounds = zip((first * size).tolist(), (end * size).tolist(), strict=True)
    return [whole[start:stop] for start, stop in bounds]
