"""The user's own trend: the article's weight with a short memory over the one with a long one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import ewma
from models.features.view import HALF_LIVES_H, UserView

SHORT_H, LONG_H = HALF_LIVES_H[0], HALF_LIVES_H[-1]
NAMES = tuple(f"ewma_{what}_{SHORT_H}h_over_{LONG_H}h" for what in ewma.SMOOTHED)


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES]: 1 is a steady rate, above 1 rising; NaN where nothing was done."""
    weights = view.once(ewma.compute)
    short = weights[:, [ewma.NAMES.index(f"ewma_{what}_{SHORT_H}h") for what in ewma.SMOOTHED]]
    long = weights[:, [ewma.NAMES.index(f"ewma_{what}_{LONG_H}h") for what in ewma.SMOOTHED]]
    trend: NDArray[np.float64] = np.divide(
        short, long, out=np.full(long.shape, np.nan), where=long > 0
    )
    return trend
