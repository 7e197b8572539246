"""A changed situation: another device, place, region, country or zone than just before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState, joined
from schemas.vocabulary import ContextField, among
from streams.pipeline.trigger.last_known import place, stored
from streams.shared.arrays import order_by

WATCHED = (
    ContextField.DEVICE,
    ContextField.PLACE,
    ContextField.REGION,
    ContextField.COUNTRY,
    ContextField.TIMEZONE,
)


def may_change(state: UserState, contexts: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the rows that may change a watched field; never misses one."""
    watched = among(contexts["field"], WATCHED) & (contexts["value"] != 0)
    if not watched.any():
        return np.zeros(len(contexts), bool)
    known = state.context
    table = np.zeros((len(state), len(ContextField)), np.uint64)
    table[known.slots, known.data["field"]] = known.data["value"]
    current = table[contexts["user"], contexts["field"]]
    waiting = _follows_another(contexts)
    changed: NDArray[np.bool_] = watched & (
        ((current != 0) & (current != contexts["value"])) | waiting
    )
    return changed


def _follows_another(contexts: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark rows that have an earlier row of the same user and field in the batch."""
    order = order_by(contexts["user"], contexts["field"], contexts["pos"])
    rows = contexts[order]
    follows = np.zeros(len(rows), bool)
    same = (rows["user"][1:] == rows["user"][:-1]) & (rows["field"][1:] == rows["field"][:-1])
    follows[order[1:]] = same
    return follows


def changes(before: UserState, applied: NDArray[Any], reports: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the ``reports`` (CONTEXT_ROW, one a user and field) that change a watched field.

    ``before``: state before the wave; ``applied``: the wave's context rows before the reports.
    The last-known value is the newest by (ts, event), so an old report that arrives late
    changes nothing; nor does the first that is known of a field, or one that clears it.
    """
    news = among(reports["field"], WATCHED) & (reports["value"] != 0)
    told = joined((stored(before.context, reports), applied))
    if not news.any() or not len(told):
        return np.zeros(len(reports), bool)
    told = told.take(order_by(place(told), told["ts_ms"], told["event"]))
    last = place(told).searchsorted(place(reports), side="right") - 1
    known = told.take(np.maximum(last, 0))
    is_known = (place(known) == place(reports)) & (known["value"] != 0)
    same_time = reports["ts_ms"] == known["ts_ms"]
    newer = (reports["ts_ms"] > known["ts_ms"]) | (same_time & (reports["event"] > known["event"]))
    found: NDArray[np.bool_] = news & is_known & newer & (reports["value"] != known["value"])
    return found
