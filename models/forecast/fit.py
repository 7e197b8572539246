"""From a log of events to a plan of forecasts: what training calls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.forecast.family import Floats
from models.forecast.pick import pick_step
from models.forecast.plan import SEASONS, TOTAL, UNTRAINED, Plan
from models.forecast.steps import Ints, Steps

MOST_CATEGORIES = 100
"""Categories with a pick of their own: the largest; others share one."""
LEAST_EVENTS = 50
HISTORY_SEASONS = 56
"""Older steps do not count: eight weeks of hours, a year of days."""


def fit_plan(ts_ms: Ints, category: NDArray[np.uint64], zone: str) -> Plan:
    """Return the plan of a log: ``ts_ms`` (ms UTC) and ``category`` hash (0: none) of its events.

    ``zone``: the shop's IANA zone. The first and the last step are left out: they are not whole.
    """
    keys = [TOTAL, *largest(category, MOST_CATEGORIES)]
    found = {}
    for kind, season in SEASONS.items():
        steps = Steps(kind, zone)
        first, series = counts(steps.index(ts_ms), category, keys)
        whole = slice(max(1, len(series) - 1 - HISTORY_SEASONS * season), len(series) - 1)
        slots = steps.slot(first + np.arange(len(series)))
        plan = pick_step(series[whole], slots[whole], keys, season, UNTRAINED.steps[kind].default)
        found[kind] = plan
    return Plan(steps=found)


def largest(category: NDArray[np.uint64], most: int) -> list[int]:
    """Return the categories with the most events, at least `LEAST_EVENTS`; equal ones by hash."""
    number, count = np.unique(category[category != TOTAL], return_counts=True)
    order = np.lexsort((number, -count))[:most]
    return [int(n) for n, c in zip(number[order], count[order], strict=True) if c >= LEAST_EVENTS]


def counts(index: Ints, category: NDArray[np.uint64], keys: list[int]) -> tuple[int, Floats]:
    """Return the first step and the events of each series per step, float64[steps, len(keys)].

    The key `TOTAL` counts everything.
    """
    if not len(index):
        return 0, np.zeros((0, len(keys)))
    first = int(index.min())
    steps = int(index.max()) - first + 1
    series = np.zeros((steps, len(keys)))
    for column, key in enumerate(keys):
        mine = index if key == TOTAL else index[category == key]
        series[:, column] = np.bincount(mine - first, minlength=steps)
    return first, series
