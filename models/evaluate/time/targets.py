"""What is predicted: acting or buying within some hours of a moment on the grid."""

from __future__ import annotations

import numpy as np

from models.evaluate.time.log import ACTS, BUYS, EventLog
from models.features import CONTRACT
from models.train.temporal.moments import Moments
from schemas.vocabulary import EventType

TARGETS: dict[str, tuple[tuple[EventType, ...], int]] = {
    "act_3h": (ACTS, 3),
    "act_24h": (ACTS, 24),
    "buy_3h": (BUYS, 3),
    "buy_24h": (BUYS, 24),
}
"""Name -> the events that count, and within how many hours."""
WARM_UP_HOURS = 24
"""Before that nobody has a history: no moment is learnt from."""


def labelled(log: EventLog) -> Moments:
    """Return the grid's moments after the warm-up with a label per target.

    Raises:
        ValueError: the grid was made without steps.
    """
    grid = log.grid
    if grid.steps is None:
        raise ValueError("the grid has no steps: read the history with them")
    kept = grid.hour >= WARM_UP_HOURS
    user, hour = grid.user[kept], grid.hour[kept]
    label = np.zeros((len(user), len(TARGETS)), np.bool_)
    for number, (kinds, hours) in enumerate(TARGETS.values()):
        before = np.cumsum(np.pad(log.hourly(kinds), ((0, 0), (1, 0))), axis=1)
        end = np.minimum(hour + hours, log.hours)
        label[:, number] = before[user, end] > before[user, hour]
    horizon = np.array([hours for _, hours in TARGETS.values()], np.int64)
    return Moments(
        CONTRACT.user, tuple(TARGETS), horizon, user, hour, grid.features[kept], grid.steps[kept],
        label,
    )  # fmt: skip
