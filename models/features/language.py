"""Whether the item is in the language the user reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView
from schemas.ids import NO_ID

NAMES = ("language_match",)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, 1]: 1 or 0, NaN where item or user tell no language."""
    item, user = view.attributes["language"], view.where.language[view.due]
    known = (item != NO_ID) & (user != NO_ID)
    return np.where(known, item == user, np.nan)[:, None]
