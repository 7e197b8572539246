"""Is the item's category wanted more than expected: the learner's surprise, and its season."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView

NAMES = (
    "category_hour_trend",
    "category_day_trend",
    "category_day_ratio_log",
    "category_season_log",
)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]; NaN where the epoch tells nothing of the category.

    Trends are standard deviations off what was expected of the last whole hour and day, so a
    forecast that is often far off makes little of it; the ratio is the natural log of observed
    over expected, each plus one; season: the same of the month's share over the year's.
    """
    told = view.facts
    columns = [told[name].astype(np.float64) for name in ("hour_trend", "day_trend")]
    observed, expected = (told[name].astype(np.float64) for name in ("day_seen", "day_expected"))
    ratio = np.log1p(observed) - np.log1p(expected)
    return np.array([*columns, ratio, told["season"].astype(np.float64)]).T
