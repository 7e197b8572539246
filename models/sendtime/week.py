"""How much of an hour's activity falls on each weekday."""

from __future__ import annotations

import numpy as np

from models.sendtime.activity import HOURS, Floats, Ints

_PRIOR = 200.0
"""Hours of activity without which a weekday is like any other."""
_MONDAY = 3  # 1970-01-01 was a Thursday


def week_cell(hour: Ints) -> Ints:
    """Return weekday * 24 + hour of day of local hours from 1970-01-01; Monday is 0."""
    return (hour // HOURS + _MONDAY) % 7 * HOURS + hour % HOURS


def week_ratio(cells: Floats, lived: Floats) -> Floats:
    """Return the log of observed over expected, both [7, 24]; ``lived``: how often each came."""
    rate = cells.sum(axis=0) / np.maximum(lived.sum(axis=0), 1.0)
    ratio: Floats = np.log((cells + _PRIOR) / (rate * lived + _PRIOR))
    return ratio
