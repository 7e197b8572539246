"""Whether the item is held, and sold, in the user's country."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView
from models.features.places import NOWHERE

NAMES = ("stock_in_country", "sold_in_country")
_SETS = ("warehouses", "regions")


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]: 1 or 0, NaN where item or user tell no country."""
    return np.array([_among(view, view.attributes[name]) for name in _SETS]).T


def _among(view: PairView, sets: NDArray[np.uint32]) -> NDArray[np.float64]:
    found = np.full(len(view), np.nan)
    for row in (sets != NOWHERE).nonzero()[0].tolist():
        country, told = view.where.country[view.due[row]], view.places.countries[sets[row]]
        if country and told is not None:
            found[row] = country in told
    return found
