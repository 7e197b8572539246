"""A changed situation: another device, place, region, country or zone than just before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.vocabulary import ContextField

WATCHED = (
    ContextField.DEVICE,
    ContextField.PLACE,
    ContextField.REGION,
    ContextField.COUNTRY,
    ContextField.TIMEZONE,
)


def may_change(state: UserState, contexts: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark the rows that may change a watched field; never misses one."""
    watched = np.isin(contexts["field"], WATCHED) & (contexts["value"] != 0)
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
    order = np.lexsort((contexts["pos"], contexts["field"], contexts["user"]))
    rows = contexts[order]
    follows = np.zeros(len(rows), bool)
    same = (rows["user"][1:] == rows["user"][:-1]) & (rows["field"][1:] == rows["field"][:-1])
    follows[order[1:]] = same
    return follows


def changed_field(
    before: UserState, user: int, applied: NDArray[Any], at: NDArray[Any]
) -> ContextField | None:
    """Return the first watched field that the rows ``at`` the trigger's position changed.

    ``before``: state before the wave; ``applied``: the user's context rows of the wave before
    that position. The last-known value is the newest by (ts, event), so an old report that
    arrives late changes nothing.
    """
    for row in at:
        if row["field"] not in WATCHED or not row["value"]:
            continue
        known = _last_known(before.context.of(user), applied, row["field"])
        if known is None or not known["value"]:
            continue
        newer = (row["ts_ms"], row["event"]) > (known["ts_ms"], known["event"])
        if newer and row["value"] != known["value"]:
            return ContextField(row["field"])
    return None


def _last_known(rows: NDArray[Any], applied: NDArray[Any], field: int) -> Any:
    both = [row for part in (rows, applied) for row in part[part["field"] == field]]
    return max(both, key=lambda row: (row["ts_ms"], row["event"]), default=None)
