"""Whether a promotion of the item is running, and for how long yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS
from models.features.pairs import PairView

NAMES = ("offer_active", "offer_hours_left_log")


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]: 1 or 0, NaN for an item that the catalogue does not have; the log
    of 1 + hours is NaN without a running offer.
    """
    until, now = view.attributes["offer_until_ms"], view.now_ms[view.due]
    left = np.where(until > now, (until - now) / HOUR_MS, np.nan)
    active = np.where(view.attributes["known"], ~np.isnan(left), np.nan)
    return np.array([active, np.log1p(left)]).T
