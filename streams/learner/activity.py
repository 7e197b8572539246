"""When users are active, by local hour and weekday: what everybody's profile has become."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, zone_table
from models.sendtime import ActivityModel
from models.sendtime.activity import HOURS
from models.sendtime.week import week_cell, week_ratio
from schemas.globals import Activity
from streams.learner.index import HashIndex
from streams.learner.kept import Kept
from streams.learner.tally import Tally

Ints = NDArray[np.int64]

LOOK_H = 8 * 7 * HOURS
"""Eight weeks: as many of each weekday."""
TRUST = 1_000.0
"""Hours of activity that the profile of the training log counts for."""
_MOST_DRIFT = 20.0
MOST_USERS = 1_000_000
_NEVER_H = np.int64(0)
_GROUP_BITS = 32  # hours since 1970 take 20


class ActivityCounts(Kept):
    """Active hours of users, counted by hour: at most `LOOK_H` numbers, and 16 bytes a user.

    A user's hour counts once: when an event is from a later hour than all before it. So the order
    in which users of several partitions come does not matter. Beyond ``most_users`` those not
    seen for longest are forgotten. The shop's clock stands for everybody's: signals carry no zone.
    """

    KEEPS = ("_tally", "_index", "_last_h")

    def __init__(self, zone: str, trained: ActivityModel, most_users: int = MOST_USERS) -> None:
        self._zone = zone
        self._trained = trained
        self._most_users = most_users
        self._tally = Tally()
        self._index = HashIndex()
        self._last_h = np.zeros(0, np.int64)

    def add(self, users: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count who was active when; each user's events in the order of their partition."""
        if not len(users):
            return
        slots = self._index.slots(users)
        more = np.full(len(self._index) - len(self._last_h), _NEVER_H)
        self._last_h = np.concatenate((self._last_h, more))
        order = np.argsort(slots, kind="stable")
        slots, hours = slots[order], self._local_h(ts_ms)[order]
        newest = _newest_so_far(slots, np.maximum(hours, self._last_h[slots]))
        before = np.where(np.append(False, slots[1:] == slots[:-1]), np.roll(newest, 1), _NEVER_H)
        fresh = hours > np.maximum(before, self._last_h[slots])
        self._last_h[slots] = newest  # the last of a user is written last
        self._tally.add(hours[fresh], np.ones(int(fresh.sum()), np.int64))
        self._forget()

    def _forget(self) -> None:
        users = len(self._index)
        if users > self._most_users:
            oldest_first = np.lexsort((self._index.hashes(), self._last_h))
            kept = np.ones(users, bool)
            kept[oldest_first[: users - self._most_users * 7 // 8]] = False
            self._index.keep(kept)
            self._last_h = self._last_h[kept]

    def activity(self, now_ms: int) -> Activity:
        """Return the trained model with its profile moved to what was seen, as of ``now_ms``."""
        now_h = int(self._local_h(np.array([now_ms]))[0])
        hours, counts = self._tally.rows()
        kept = hours >= now_h - LOOK_H
        if not kept.all():
            self._tally.replace(hours[kept], counts[kept])
        seen = kept & (hours < now_h)
        hours, counts = hours[seen], counts[seen]
        cells = np.bincount(week_cell(hours), counts, minlength=7 * HOURS).reshape(7, HOURS)
        first = int(hours[0]) if len(hours) else now_h
        lived = np.bincount(week_cell(np.arange(first, now_h)), minlength=7 * HOURS)
        return self._moved(
            cells.astype(np.float64), lived.reshape(7, HOURS).astype(np.float64)
        ).encode()

    def _moved(self, cells: NDArray[np.float64], lived: NDArray[np.float64]) -> ActivityModel:
        model = self._trained
        known = cells.sum(axis=0)
        average = model.average()
        now = (known + TRUST * average) / (known.sum() + TRUST)
        drift = np.clip(now / average, 1.0 / _MOST_DRIFT, _MOST_DRIFT)
        segments = model.segments * drift
        segments /= segments.sum(axis=1, keepdims=True)
        enough = lived.min() >= 1  # every weekday was seen: its own week, else the trained one
        week = week_ratio(cells, lived) if enough else model.week
        return ActivityModel(
            segments, model.shares, week,
            model.own_strength, model.segment_strength, model.weights,
        )  # fmt: skip

    def _local_h(self, ts_ms: Ints) -> Ints:
        _, table = zone_table([self._zone], int(ts_ms.min()), int(ts_ms.max()))
        offset: Ints = table.offset_ms(np.zeros(len(ts_ms), np.int64), ts_ms)
        return (ts_ms + offset) // HOUR_MS


def _newest_so_far(slots: Ints, hours: Ints) -> Ints:
    """The running maximum of each slot's hours; slots are sorted."""
    group = np.cumsum(np.append(0, slots[1:] != slots[:-1]))
    reached: Ints = np.maximum.accumulate((group << _GROUP_BITS) + hours) - (group << _GROUP_BITS)
    return reached
