"""How the things a user knows stand beside each other: which of them comes next.

Not part of the feature contract: places depend on the user's other pairs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.affinity import WEIGHTS
from models.features.calendar import HOUR_MS, Int64s
from models.features.pairs import PairView
from schemas.ids import NO_ID
from schemas.vocabulary import EventType

Floats = NDArray[np.float64]

HALF_LIVES_H = (3, 12, 72)
DWELL_MS = HOUR_MS // 2
"""Longest time that counts as looking at an item."""
NAMES = (
    "own_steps_back",
    "own_before_newest",
    "own_after_newest",
    *(f"own_strength_{half}h" for half in HALF_LIVES_H),
    *(f"own_place_{half}h" for half in HALF_LIVES_H),
    "own_recency_place",
    "own_dwell_h",
    "own_cart_h",
    "own_cart_place",
    "own_newest_act",
    "category_is_newest",
    "hours_idle",
)
_WORTH = np.array([WEIGHTS.get(kind, 0.0) for kind in EventType])


def compute(view: PairView) -> Floats:
    """Return float64[m, NAMES]; all but the last two are NaN for an item the user never met.

    Steps back: events since the item's newest; before/after newest: how often the user went from
    the item to the item of their newest event, and back; strength: decayed weights of `affinity`;
    places from 0 among the user's pairs, by strength, by recency and by the newest cart event;
    dwell: hours until the next event, each up to half an hour; newest act: an `EventType`.
    """
    mine = _Mine(view)
    seen_ms, cart_ms = mine.newest(mine.kind >= 0), mine.newest(mine.kind == EventType.CART)
    strength = [mine.summed(_WORTH[mine.kind] * np.exp2(-mine.age_h / h)) for h in HALF_LIVES_H]
    before, after = mine.steps_to_newest()
    act = np.full(len(view), np.nan)
    act[mine.pair] = mine.kind  # the newest is written last
    columns = [
        mine.back(), before, after, *strength, *(mine.place(-each) for each in strength),
        mine.place(seen_ms), mine.summed(mine.dwell_h()), cart_ms / HOUR_MS, mine.place(cart_ms),
        act,
    ]  # fmt: skip
    known = np.where(mine.met[:, None], np.stack(columns, axis=1), np.nan)
    return np.column_stack((known, mine.in_newest_category(), mine.idle_h()))


class _Mine:
    """The user's events about each pair's very item, oldest first, beside the user's other events."""

    def __init__(self, view: PairView) -> None:
        same = view.same_item
        self.view, self.pair, self.event = view, view.hit_pair[same], view.hit_event[same]
        self.data, self.offsets = view.events.rows.data, view.events.rows.offsets
        self.kind = self.data["type"][self.event].astype(np.int64)
        self.age_h = view.events.age_ms[self.event] / HOUR_MS
        self.met = np.bincount(self.pair, minlength=len(view)) > 0
        self.last = self.offsets[1:] - 1  # of each user; before the first where there is none
        self.any = np.diff(self.offsets) > 0

    def summed(self, value: Floats) -> Floats:
        return np.bincount(self.pair, value, len(self.view)).astype(np.float64)

    def newest(self, chosen: NDArray[np.bool_]) -> Floats:
        """Age in ms of each pair's newest chosen event, NaN without one."""
        age = np.full(len(self.view), np.nan)
        age[self.pair[chosen]] = self.view.events.age_ms[self.event[chosen]]
        return age

    def back(self) -> Floats:
        steps = np.full(len(self.view), np.nan)
        steps[self.pair] = self.last[self.view.due[self.pair]] - self.event
        return steps

    def steps_to_newest(self) -> tuple[Floats, Floats]:
        """How often the event after one of the pair's is about the newest item, and the one before."""
        items, user = self.data["item"], self.view.due[self.pair]
        newest, own = items[self.last[user]], items[self.event]
        other = (own != newest) & (newest != NO_ID)
        later = np.minimum(self.event + 1, self.last[user])
        first = self.offsets[user]
        earlier = np.maximum(self.event - 1, first)
        return (
            self.summed(other & (items[later] == newest)),
            self.summed(other & (items[earlier] == newest)),
        )

    def dwell_h(self) -> Floats:
        ts_ms, user = self.data["ts_ms"], self.view.due[self.pair]
        later = np.minimum(self.event + 1, self.last[user])
        is_last = self.event == self.last[user]
        until = np.where(is_last, self.view.now_ms[user], ts_ms[later])
        dwell: Floats = np.clip(until - ts_ms[self.event], 0, DWELL_MS) / HOUR_MS
        return dwell

    def place(self, value: Floats) -> Floats:
        """Place of each pair among its user's by rising value; equal ones by item, NaN last."""
        due: Int64s = self.view.due
        value = np.where(self.met, value, np.nan)
        order = np.lexsort((self.view.item, value, due))
        first = np.searchsorted(due[order], due[order])
        place = np.empty(len(due))
        place[order] = np.arange(len(due)) - first
        return np.where(np.isnan(value), np.nan, place)

    def in_newest_category(self) -> NDArray[np.bool_]:
        user = self.view.due
        if not len(self.data):
            return np.zeros(len(user), bool)
        newest = self.data["category"][self.last[user]]
        same: NDArray[np.bool_] = (newest == self.view.category) & (newest != NO_ID)
        return same & self.any[user]

    def idle_h(self) -> Floats:
        user = self.view.due
        if not len(self.data):
            return np.full(len(user), np.nan)
        idle = self.view.events.age_ms[self.last[user]] / HOUR_MS
        return np.where(self.any[user], idle, np.nan)
