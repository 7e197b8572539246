"""What reports of a situation find, one after the other, and which of them become the last known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import CONTEXT, Ragged, joined
from schemas.tables import CONTEXT_ROW
from schemas.vocabulary import ContextField
from streams.shared.arrays import order_by


def overtakes(known: Ragged, reports: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Return which ``reports`` (CONTEXT_ROW) become the last known of their user and field, and
    the value known just before each (0: none).

    ``known``: the users' CONTEXT rows. The last known is the newest by (ts, event), whenever it comes.
    """
    told = joined((stored(known), reports))
    first = len(known.data)
    rank = np.empty(len(told), np.int64)
    rank[order_by(told["ts_ms"], told["event"], told["value"])] = np.arange(len(told))
    pos = np.append(np.full(first, -1), reports["pos"])  # what is stored came first
    order = order_by(place(told), pos)
    group = np.cumsum(np.append(0, np.diff(place(told)[order]) != 0)) * len(told)
    reached = np.maximum.accumulate(group + rank[order])
    before = np.append(-1, reached[:-1])
    has = before >= group
    by_rank = np.empty(len(told), np.int64)
    by_rank[rank] = np.arange(len(told))
    value = np.where(has, told["value"][by_rank[np.where(has, before - group, 0)]], 0)
    leads, found = np.zeros(len(told), bool), np.zeros(len(told), np.uint64)
    leads[order], found[order] = reached > before, value
    return leads[first:], found[first:]


def stored(context: Ragged) -> NDArray[Any]:
    """The last-known values as CONTEXT_ROWs."""
    rows = np.zeros(len(context.data), CONTEXT_ROW)
    rows["user"] = context.slots
    for name in CONTEXT.names or ():
        rows[name] = context.data[name]
    return rows


def place(rows: NDArray[Any]) -> NDArray[np.int64]:
    """One number for user and field."""
    found: NDArray[np.int64] = rows["user"].astype(np.int64) * len(ContextField) + rows["field"]
    return found
