"""When users are active, by local hour and weekday: what everybody's profile has become."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, zone_table
from models.sendtime import NOTHING_KNOWN, ActivityModel
from models.sendtime.activity import HOURS
from models.sendtime.week import week_cell, week_ratio
from schemas.globals import Activity
from streams.learn.tally import Tally

Ints = NDArray[np.int64]

LOOK_H = 8 * 7 * HOURS
"""Eight weeks: as many of each weekday."""
TRUST = 1_000.0
"""Hours of activity that the profile of the training log counts for."""
_MOST_DRIFT = 20.0


class ActivityCounts:
    """Active hours of users, counted by hour; at most `LOOK_H` numbers.

    A user's hour counts once in each chunk of signals. The shop's clock stands for everybody's:
    signals carry no zone.
    """

    def __init__(self, zone: str, trained: ActivityModel = NOTHING_KNOWN) -> None:
        self._zone = zone
        self._trained = trained
        self._tally = Tally()

    def add(self, users: NDArray[np.uint64], ts_ms: Ints) -> None:
        """Count who was active when."""
        if not len(users):
            return
        pairs = np.unique(np.stack((users, self._local_h(ts_ms).astype(np.uint64))), axis=1)
        hours = pairs[1].astype(np.int64)
        self._tally.add(hours, np.ones(len(hours), np.int64))

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
        return self._moved(cells, lived.reshape(7, HOURS).astype(np.float64)).encode()

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
