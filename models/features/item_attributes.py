"""What the catalogue says about the item; NaN where it says nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS
from models.features.pairs import PairView

NAMES = (
    "price_log",
    "price_over_user_mean_log",
    "weight_log",
    "stock_known",
    "in_stock",
    "item_age_d",
    "seller_rating",
    "in_catalog",
    "condition",
    "volume_log",
)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]; logs are natural logs of 1 + minor units, grams or litres,
    ages in days, ``condition`` from 0 (for parts) to 4 (new).
    """
    told = view.attributes
    price, stock = _column(told["price_minor"]), told["stock"]
    usual = np.ascontiguousarray(view.mean_price)
    created = told["created_ms"]
    age = np.maximum(view.now_ms[view.due] - created, 0.0) / DAY_MS
    known = ~np.isnan(stock)
    columns = (
        np.log1p(price),
        np.log1p(price) - np.log1p(usual),
        np.log1p(_column(told["weight_g"])),
        known.astype(np.float64),
        np.where(known, stock > 0, np.nan),
        age,
        told["seller_rating"],
        told["known"].astype(np.float64),
        told["condition"],
        np.log1p(told["volume_l"]),
    )
    return np.array(columns).T


def _column(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contiguous, and a negative amount is not known."""
    return np.where(values >= 0, values, np.nan)
