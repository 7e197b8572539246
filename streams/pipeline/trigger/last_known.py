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
    earlier = stored(known, reports)
    told, first = joined((earlier, reports)), len(earlier)
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


def stored(context: Ragged, reports: NDArray[Any]) -> NDArray[Any]:
    """Return what is last known of the users and fields of ``reports``, as CONTEXT_ROWs."""
    asked = np.zeros((len(context.offsets) - 1, len(ContextField)), bool)
    asked[reports["user"], reports["field"]] = True
    known = asked[context.slots, context.data["field"]].nonzero()[0]
    data = context.data.take(known)
    rows = np.zeros(len(known), CONTEXT_ROW)
    rows["user"] = context.slots[known]
    for name in CONTEXT.names or ():
        rows[name] = data[name]
    return rows


def place(rows: NDArray[Any]) -> NDArray[np.int64]:
    """One number for user and field."""
    found: NDArray[np.int64] = rows["user"].astype(np.int64) * len(ContextField) + rows["field"]
    return found
