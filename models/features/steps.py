"""The user's newest events one by one: what a recurrent model reads beside the feature row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import DAY_MS, HOUR_MS
from models.features.view import UserView
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


def compute(view: UserView) -> NDArray[np.float32]:
    """Return float32[n, STEPS, CHANNELS], oldest first; steps before the first event are all 0."""
    rows, slot = view.events.rows, view.events.slot
    place = np.arange(len(slot)) - rows.offsets[1:][slot] + STEPS
    kept = place >= 0
    data = rows.data
    first = np.zeros(len(slot), np.bool_)
    first[rows.offsets[:-1][rows.lengths > 0]] = True
    gap_ms = np.where(first, 0, np.diff(data["ts_ms"], prepend=0))
    local = (data["ts_ms"] + (view.local_now_ms - view.now_ms)[slot]) % DAY_MS // TILE_MS
    columns = (
        np.log1p(view.events.age_ms / HOUR_MS),
        np.log1p(gap_ms / HOUR_MS),
        *(_kind(kinds)[data["type"]] for kinds in KINDS.values()),
        _same(data["item"]) & ~first,
        _same(data["category"]) & ~first,
        _circle()[0][local],
        _circle()[1][local],
        np.ones(len(slot)),
    )
    out = np.zeros((len(view), STEPS, len(CHANNELS)), np.float32)
    for channel, column in enumerate(columns):
        out[slot[kept], place[kept], channel] = column[kept]
    return out


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
