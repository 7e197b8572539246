"""How strongly the candidate sources proposed the item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView

NAMES = ("source_score",)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, 1] in [0, 1]."""
    return view.source_score.astype(np.float64)[:, None]
