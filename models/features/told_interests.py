"""Whether the item's category is among the interests that the user's profile names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.pairs import PairView
from schemas.ids import NO_ID
from schemas.vocabulary import INTERESTS, among

NAMES = ("interest_match",)


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, 1]: 1 or 0, NaN where no interest is told or the category is not known."""
    rows = view.context
    chosen = among(rows.data["field"], INTERESTS) & (rows.data["value"] != NO_ID)
    slot, value = rows.slots[chosen], rows.data["value"][chosen]
    told = np.bincount(slot, minlength=len(view.now_ms)) > 0
    of_user = slot.searchsorted(np.arange(len(view.now_ms) + 1))
    length = np.diff(of_user)[view.due]
    pair = np.arange(len(view)).repeat(length)
    ends = length.cumsum()
    at = np.arange(len(pair)) + (of_user[:-1][view.due] - (ends - length)).repeat(length)
    same = value[at] == view.category[pair]
    match = np.bincount(pair[same], minlength=len(view)) > 0
    known = told[view.due] & (view.category != NO_ID)
    return np.where(known, match, np.nan)[:, None]
