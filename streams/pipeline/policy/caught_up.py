"""The past is never pushed again: what a partition decides while it catches up with the log is not said."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from schemas.tables import DueUsers, Stopped
from schemas.vocabulary import StopReason


def silence_past(
    due: DueUsers, past: NDArray[np.bool_], stopped: Iterable[Stopped]
) -> list[Stopped]:
    """Return the stops with one for each row of the ``past``, whatever else would have stopped it."""
    rows, now_ms = past.nonzero()[0].tolist(), due.now_ms.tolist()
    silent = [
        Stopped(row, StopReason.CAUGHT_UP, "caught_up", {"now_ms": now_ms[row]}) for row in rows
    ]
    return [*silent, *(stop for stop in stopped if not past[stop.due])]
