"""Take the due users apart: retractions, and those who may be spoken to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.tables import DueUsers, Stopped
from schemas.vocabulary import TriggerKind


def retractions(due: DueUsers) -> tuple[DueUsers | None, DueUsers]:
    """Return the rows that only ask whether a push still stands, if any, and the others."""
    asks = due.kind == TriggerKind.RETRACT
    if not asks.any():
        return None, due
    return due.take(asks.nonzero()[0]), due.take((~asks).nonzero()[0])


def speaking(due: DueUsers, stopped: list[Stopped]) -> NDArray[np.int64]:
    """Return the rows that nothing stopped."""
    speaks = np.ones(len(due), bool)
    speaks[[stop.due for stop in stopped]] = False
    return speaks.nonzero()[0]
