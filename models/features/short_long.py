"""Is the user more active than usual: the rate of a short window over that of a long one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.view import WINDOW, WINDOWS, UserView
from models.features.window_counts import COUNTED, counts

PAIRS = (("1h", "1d"), ("1d", "7d"), ("7d", "30d"))
NAMES = tuple(f"rate_{short}_over_{long}" for short, long in PAIRS)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: 1 is a steady rate; NaN without events in the long window."""
    events = view.once(counts)[:, list(COUNTED).index("any"), :]
    columns = []
    for short, long in PAIRS:
        few, many = events[:, WINDOW[short]], events[:, WINDOW[long]]
        span = WINDOWS[long] / WINDOWS[short]
        columns.append(np.where(many > 0, few * span / np.maximum(many, 1.0), np.nan))
    return np.array(columns).T
