"""Repeated interest: the same item, or the same category, viewed again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import Ragged, UserState
from schemas.vocabulary import EventType, TriggerKind
from streams.settings import Settings
from streams.shared.arrays import places

_MIX = np.uint64(0x9E3779B97F4A7C15)
_BUCKETS = 1 << 14


def repeated_columns(settings: Settings) -> tuple[tuple[TriggerKind, str, int], ...]:
    """Return for each kind of repeated interest the column that repeats, and how often."""
    return (
        (TriggerKind.REPEAT_ITEM, "item", settings.repeat_item_views),
        (TriggerKind.REPEAT_CATEGORY, "category", settings.repeat_category_views),
    )


def may_repeat(
    state: UserState, facts: NDArray[Any], column: str, threshold: int
) -> NDArray[np.bool_]:
    """Mark the views with which the count of ``column`` may reach ``threshold``.

    Never misses one: it counts every view in the row and every earlier view waiting in the
    batch, whatever their age. `repeats` then decides on the applied state.
    """
    views = (facts["type"] == EventType.VIEW) & (facts[column] != NO_ID)
    marked = np.zeros(len(facts), bool)
    if not views.any():
        return marked
    known = state.events.data["type"] == EventType.VIEW
    old = _key(state.events.slots[known], state.events.data[column][known])
    new = _key(facts["user"][views], facts[column][views])
    old = old[_may_be_in(new, old)]
    keys = np.concatenate((old, new))
    order = keys.argsort(kind="stable")  # of equals the row's views first, then in input order
    rank = np.empty(len(keys), np.int64)
    rank[order] = places(keys[order])
    marked[views] = rank[len(old) :] + 1 >= threshold
    return marked


def repeats(
    events: Ragged,
    rows: NDArray[np.int64],
    facts: NDArray[Any],
    column: str,
    threshold: int,
    window_ms: int,
) -> NDArray[np.bool_]:
    """Mark ``facts`` (FACT_ROW) that complete ``threshold`` views of their ``column`` in the window.

    ``events`` has the users' recent events, ``rows`` (int64[facts]) says which of them are a fact's.
    Interest that ended in a purchase of the item (or in the category) is no reason to speak.
    """
    marked = np.zeros(len(facts), bool)
    views = ((facts["type"] == EventType.VIEW) & (facts[column] != NO_ID)).nonzero()[0]
    value, until_ms = facts[column][views], facts["ts_ms"][views]
    known = events.take(rows[views])
    near = (known.data[column] == value.repeat(known.lengths)).nonzero()[0]
    view, ts_ms = known.slots[near], known.data["ts_ms"][near]
    inside = (ts_ms > until_ms[view] - window_ms) & (ts_ms <= until_ms[view])
    view, kind = view[inside], known.data["type"][near][inside]
    seen = np.bincount(view[kind == EventType.VIEW], minlength=len(views))
    bought = np.bincount(view[kind == EventType.PURCHASE], minlength=len(views))
    marked[views] = (seen >= threshold) & (bought == 0)
    return marked


def _may_be_in(keys: NDArray[np.uint64], asked: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Mark what may be one of ``keys``; a filter by a few of the bits spares sorting most of the rest."""
    last = np.uint64(_BUCKETS - 1)
    taken = np.zeros(_BUCKETS, bool)
    taken[keys & last] = True
    found: NDArray[np.bool_] = taken[asked & last]
    return found


def _key(users: NDArray[Any], values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # Two pairs that collide only make one more suspect, never one fewer.
    return values + users.astype(np.uint64) * _MIX
