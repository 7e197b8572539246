"""The item's price against similar ones: same category, condition and currency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView

NAMES = ("price_over_similar_log",)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, 1]: log of the price over the others' mean; NaN with too few others."""
    price, similar = (view.attributes[name] for name in ("price_minor", "similar_minor"))
    over: NDArray[np.float64] = np.log1p(price) - np.log1p(similar)
    return over[:, None]
