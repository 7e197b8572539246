"""How far the nearest shop with the item is, and whether one near by is open now."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView
from models.features.places import NOWHERE, is_open

NAMES = ("shop_km_log", "shop_open_near")
NEAR_KM = 25.0
"""A cell's middle may be ten kilometres off."""


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]; NaN where the item names no shops or the user's cell is unknown.

    ``shop_km_log``: log of 1 + km; ``shop_open_near``: 1 if a shop within `NEAR_KM` is open, 0 if
    all are shut or far away, NaN where those near tell no hours.
    """
    out = np.full((len(view), len(NAMES)), np.nan)
    sets = view.attributes["shops"]
    known = ~np.isnan(view.where.lat[view.due])
    for row in ((sets != NOWHERE) & known).nonzero()[0].tolist():
        shops, due = view.places.shops[sets[row]], view.due[row]
        if shops is None:
            continue
        km = shops.km(view.where.lat[due], view.where.lon[due])
        near = (km <= NEAR_KM).nonzero()[0].tolist()
        open_now = [is_open(shops.hours[i], int(view.local_now_ms[due])) for i in near]
        told = [each for each in open_now if not np.isnan(each)]
        shut = 0.0 if told or not near else np.nan
        out[row] = np.log1p(km.min()), max(told) if told else shut
    return out
