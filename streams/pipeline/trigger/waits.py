"""Who gets no decision although something asks for one: its kind's debounce runs, or the hour is spent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.state import NEVER_MS, UserState
from schemas.vocabulary import TriggerKind
from streams.pipeline.aggregate.budget import spent
from streams.settings import Settings


def waits(
    state: UserState,
    rows: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    now_ms: NDArray[np.int64],
    settings: Settings,
) -> NDArray[np.bool_]:
    """Mark the asks (row, kind, time) that get no decision, not even one that says no.

    The first decision beyond ``decisions_per_hour`` still is one: it ends as a suppression, and from
    then on the user's hour is closed.
    """
    closed = spent(state, rows, now_ms) > settings.decisions_per_hour
    return closed | debounced(state, rows, kinds, now_ms, settings.debounce_ms)


def debounced(
    state: UserState,
    rows: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    now_ms: NDArray[np.int64],
    debounce_ms: int,
) -> NDArray[np.bool_]:
    """Mark (row, kind) pairs that had a decision of this kind within the debounce.

    One of a time to come was made before time was brought back: it holds nothing up.
    """
    last = np.full((len(state), len(TriggerKind)), NEVER_MS)
    last[state.debounce.slots, state.debounce.data["kind"]] = state.debounce.data["at_ms"]
    at_ms = last[rows, kinds]
    found: NDArray[np.bool_] = (at_ms <= now_ms) & (now_ms < at_ms + debounce_ms)
    return found
