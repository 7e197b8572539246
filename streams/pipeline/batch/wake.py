"""Ask users about a change in the catalogue: a timer for each whom a newly adopted epoch names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import TIMER
from streams.pipeline.aggregate import pack_rows, unpack_rows
from streams.pipeline.aggregate.journal import add_timers, next_due

SPREAD_MS = 15 * 60_000
"""Users of one epoch come due over this time, by their pseudonym: no batch has to decide for all."""


def woken(
    keys: list[bytes], rows: list[bytes | None], wakes: NDArray[Any], holds_from_ms: int
) -> tuple[list[bytes], dict[bytes, int], dict[bytes, int]]:
    """Return the users' rows with a timer each, and their earliest due time before and after.

    ``wakes``: the partition's `WAKE` rows; those of whom nothing is known here are left out.
    """
    state = unpack_rows(keys, rows)
    before = next_due(state)
    heads = np.frombuffer(b"".join(key[:8] for key in keys), "<u8")
    order = np.argsort(wakes["users"], kind="stable")
    first, after = (
        np.searchsorted(wakes["users"][order], heads, side) for side in ("left", "right")
    )
    users = np.repeat(np.arange(len(keys)), after - first)
    within = np.arange(len(users)) - np.repeat(
        np.cumsum(after - first) - (after - first), after - first
    )
    chosen = wakes[order[first[users] + within]]
    timers = np.zeros(len(users), TIMER)
    timers["due_ms"] = holds_from_ms + (heads[users] % SPREAD_MS).astype(np.int64)
    timers["item"], timers["kind"] = chosen["items"], chosen["kinds"]
    add_timers(state, users, timers)
    return pack_rows(state), before, next_due(state)
