"""The user's newest events one by one: what a recurrent model reads beside the feature row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS, Int64s
from models.features.view import Events
from schemas.ids import NO_ID
from schemas.state import TILE_MS
from schemas.vocabulary import EventType

STEPS = 24
KINDS: dict[str, tuple[EventType, ...]] = {
    "view": (EventType.VIEW,),
    "cart": (EventType.CART,),
    "liking": (EventType.FAV, EventType.LIKE, EventType.SHARE, EventType.FOLLOW),
    "purchase": (EventType.PURCHASE,),
}
CHANNELS = (
    "log_age",
    "log_gap",
    *KINDS,
    "same_item",
    "same_category",
    "hour_sin",
    "hour_cos",
    "is",
)
"""Natural logs of 1 + hours; gap: since the event before; same: as the event before."""


def compute(events: Events, ahead_ms: Int64s) -> NDArray[np.float32]:
    """Return float32[n, STEPS, CHANNELS], oldest first; steps before the first event are all 0.

    ``ahead_ms``: how far each user's wall clock is ahead of UTC now.
    """
    rows = events.rows
    place = np.arange(len(events.slot)) - rows.offsets[1:][events.slot] + STEPS
    read = np.flatnonzero(place >= -1)  # the newest, and the one before them: gaps begin there
    place, slot, data = place[read], events.slot[read], rows.data.take(read)
    first = place == np.maximum(STEPS - rows.lengths, -1)[slot]
    gap_ms = np.where(first, 0, np.diff(data["ts_ms"], prepend=0))
    local = (data["ts_ms"] + ahead_ms[slot]) % DAY_MS // TILE_MS
    columns = (
        np.log1p(events.age_ms[read] / HOUR_MS),
        np.log1p(gap_ms / HOUR_MS),
        *(_kind(kinds)[data["type"]] for kinds in KINDS.values()),
        _same(data["item"]) & ~first,
        _same(data["category"]) & ~first,
        _circle()[0][local],
        _circle()[1][local],
        np.ones(len(slot)),
    )
    out = np.zeros((len(rows.lengths) * STEPS, len(CHANNELS)), np.float32)
    kept = place >= 0
    out[(slot * STEPS + place)[kept]] = np.stack(columns, axis=1)[kept]
    return out.reshape(-1, STEPS, len(CHANNELS))


def _same(number: NDArray[np.uint64]) -> NDArray[np.bool_]:
    same = np.zeros(len(number), np.bool_)
    same[1:] = (number[1:] == number[:-1]) & (number[1:] != NO_ID)
    return same


@lru_cache(maxsize=8)
def _kind(kinds: tuple[EventType, ...]) -> NDArray[np.float64]:
    return np.array([float(each in kinds) for each in EventType])


@lru_cache(maxsize=1)
def _circle() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle = 2 * np.pi * np.arange(96) / 96
    return np.sin(angle), np.cos(angle)
