"""Is it time to buy again: the hazard of a repurchase, given the time since the last one.

The interval is taken to be log-logistic with shape 2: a purchase is unlikely right after the last,
likeliest around the usual interval, and less likely again long after (Bennett 1983).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS
from models.features.pairs import PairView
from schemas.vocabulary import EventType

NAMES = tuple(
    f"{what}_{of}"
    for of in ("item", "category")
    for what in ("hours_since_bought", "repurchase_days", "repurchase_hazard")
)
USUAL_DAYS = 30.0
"""The interval where neither the user nor the learner knows one."""
PRIOR_INTERVALS = 2.0
"""How many intervals of the user's own the category's usual one counts for."""
_LEAST_MS = HOUR_MS
"""Purchases within an hour are one."""


def compute(view: PairView) -> NDArray[np.float64]:
    """Return float64[m, NAMES]: hours, the expected interval in days, and the hazard per day.

    Hours and hazard are NaN without a kept purchase. The interval is the geometric mean of the
    user's own, shrunk to the category's (empirical Bayes), that to `USUAL_DAYS` where not told.
    """
    usual = view.facts["repurchase_d"].astype(np.float64)
    prior = np.log(np.where(usual > 0, usual, USUAL_DAYS))
    columns = [_columns(view, mask, prior) for mask in (view.same_item, view.same_category)]
    return np.concatenate(columns, axis=1)


def _columns(
    view: PairView, mask: NDArray[np.bool_], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    data = view.events.rows.data
    bought = mask & (data["type"][view.hit_event] == EventType.PURCHASE)
    pair, event = view.hit_pair[bought], view.hit_event[bought]
    ts_ms = data["ts_ms"][event]
    gap_ms = ts_ms[1:] - ts_ms[:-1]
    own = (pair[1:] == pair[:-1]) & (gap_ms >= _LEAST_MS)
    logs = np.log(np.ascontiguousarray(gap_ms[own] / DAY_MS))
    again = pair[1:][own]
    total = np.bincount(again, logs, minlength=len(view))
    count = np.bincount(again, minlength=len(view))
    days = np.exp((total + PRIOR_INTERVALS * prior) / (count + PRIOR_INTERVALS))
    since = np.full(len(view), np.nan)
    since[pair] = view.events.age_ms[event] / DAY_MS  # the newest is written last
    hazard = 2.0 * since / (days * days + since * since)
    return np.array([since * (DAY_MS / HOUR_MS), days, hazard]).T
