"""Below the least probability it is better to say nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers, PolicyView
from streams.pipeline.allocate.ranking import fused
from streams.settings import Settings


def stops(
    due: DueUsers, candidates: CandidateSet, view: PolicyView, settings: Settings
) -> NDArray[np.bool_]:
    """Return which pairs do not reach ``min_probability``; an unscored one (NaN) never does."""
    below: NDArray[np.bool_] = ~(fused(candidates) >= settings.min_probability)
    return below
