"""Where each fact of a batch happened: the user's coarse cell as it was known at that record.

Or whose it was: the same of any other field of the context, such as the first segment of a profile.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import Ragged
from schemas.tables import CONTEXT_ROW
from schemas.vocabulary import ContextField

_BEFORE = -1


class Cells:
    """The last-known cells before a batch, and those its accepted context records tell."""

    def __init__(
        self,
        before: Ragged,
        contexts: NDArray[Any],
        field: ContextField = ContextField.CELL,
    ) -> None:
        """``before``: the batch's users' `CONTEXT` rows; ``contexts``: the batch's `CONTEXT_ROW`s."""
        known = np.flatnonzero(before.data["field"] == field)
        fresh = contexts[contexts["field"] == field]
        rows = np.zeros(len(known) + len(fresh), CONTEXT_ROW)
        rows["user"][: len(known)], rows["pos"][: len(known)] = before.slots[known], _BEFORE
        for name in ("ts_ms", "event", "value"):
            rows[name][: len(known)] = before.data[name][known]
        rows[len(known) :] = fresh
        self._rows = rows[np.lexsort((rows["pos"], rows["user"]))]

    def at(self, facts: NDArray[Any]) -> NDArray[np.uint64] | None:
        """Return the cell of each fact (`FACT_ROW`), 0 where none is known; None: of none of them.

        As in the state the newest report by (ts, event) holds, whatever came after it. What is
        known of others changes nothing: a partition's batch may be decided with another's.
        """
        rows = self._rows
        if not len(rows) or not len(facts):
            return None
        newest_first = np.lexsort((rows["event"], rows["ts_ms"]))
        rank = np.empty(len(rows), np.int64)
        rank[newest_first] = np.arange(len(rows))
        user = rows["user"].astype(np.int64)
        holds = np.maximum.accumulate(user * len(rows) + rank) % len(rows)
        span = int(max(rows["pos"].max(), facts["pos"].max())) + 2
        place = user * span + rows["pos"] + 1
        asked = facts["user"].astype(np.int64) * span + facts["pos"] + 1
        last = np.searchsorted(place, asked, side="right") - 1
        mine = (last >= 0) & (user[last] == facts["user"])
        found = rows["value"][newest_first[holds[last]]]
        found = np.where(mine, found, np.uint64(NO_ID))
        return found if found.any() else None
