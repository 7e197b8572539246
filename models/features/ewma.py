"""The article's rule ``w_t = a * w_(t-1) + (1 - a) * f_t`` in steps of one hour.

The last step is the hour that ends with the tile of now. Computed on read as the closed form
``sum (1 - a) * a^k * f_(t-k)`` over 30 days, in float64.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.view import HALF_LIVES_H, TILES_30D, UserView
from models.features.window_counts import COUNTED
from schemas.vocabulary import among

SMOOTHED = ("any", "view", "cart", "purchase")
NAMES = tuple(f"ewma_{what}_{half}h" for what in SMOOTHED for half in HALF_LIVES_H)
"""A column is named by the default half-life of its place: short, middle or long."""
TILES_PER_STEP = 4
LONGEST_H = TILES_30D // TILES_PER_STEP // 8
"""No half-life is longer: at the edge of the 30 days, where the sum ends, 1/256 of a weight is left."""


def alpha(half_life_h: int) -> float:
    """Return the ``a`` of the rule that halves a count every ``half_life_h`` hours."""
    return float(2.0 ** (-1.0 / half_life_h))


def compute(view: UserView) -> NDArray[np.float64]:
    """Return float64[n, NAMES] in events per hour."""
    tiles = view.tiles
    columns = []
    for what in SMOOTHED:
        chosen = among(tiles.type, COUNTED[what]) & (tiles.age < TILES_30D)
        slot, count = tiles.slot[chosen], tiles.count[chosen]
        step = tiles.age[chosen] // TILES_PER_STEP
        for half in view.half_lives_h:
            weight = decay_table(half)[step] * count
            columns.append(np.bincount(slot, weight, minlength=len(view)))
    return np.array(columns, np.float64).T


@lru_cache(maxsize=16)
def decay_table(half_life_h: int) -> NDArray[np.float64]:
    """Return ``(1 - a) * a^k`` for each of the 720 hourly steps of 30 days."""
    # A table, not a power per row: an element never depends on its place in a vector register.
    a = alpha(half_life_h)
    return np.array([(1.0 - a) * a**k for k in range(TILES_30D // TILES_PER_STEP)])
