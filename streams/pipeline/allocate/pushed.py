"""What users were told lately: most choices between candidates look at it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.tables import DueUsers
from streams.pipeline.aggregate.fates import counted, counts_at

REACH_MS = 7 * 24 * 3_600_000
"""Pushes of the last week make up what the user has had."""


def lately(due: DueUsers) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the due row and the `PUSH` record of each counted push within `REACH_MS`."""
    pushes, slots = due.state.pushes.data, due.state.pushes.slots
    recent = (counted(pushes) & (due.now_ms[slots] - counts_at(pushes) < REACH_MS)).nonzero()[0]
    return slots[recent], pushes.take(recent)
