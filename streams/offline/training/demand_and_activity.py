"""What a bundle knows of time beside its graphs: how demand is forecast, when users are active."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.features.calendar import HOUR_MS, zone_table
from models.forecast.fit import fit_plan
from models.forecast.plan import encode, for_any_shop
from models.sendtime import ActivityModel
from models.sendtime.fit import active_hours, fit_activity
from schemas.globals import Epoch
from streams.offline.training.recorder import Recorder

Ints = NDArray[np.int64]


@dataclass(slots=True, frozen=True)
class When:
    """``plan``: the forecasts' (MessagePack); ``activity``: None when there was nothing to learn."""

    plan: bytes | None
    activity: ActivityModel | None

    def into(self, epoch: bytes | None, *, without_items: bool) -> bytes | None:
        """Return the epoch as a bundle carries it: with the activity model, without what is of its day.

        ``without_items``: the activity model is all that it tells.
        """
        if epoch is None:
            return None
        told = msgspec.msgpack.decode(epoch, type=Epoch)
        activity = told.activity if self.activity is None else self.activity.encode()
        if without_items:
            bare = Epoch(number=told.number, holds_from_ms=told.holds_from_ms, activity=activity)
            return msgspec.msgpack.encode(bare)
        told = msgspec.structs.replace(
            told, activity=activity, described={}, words={}, bought_by={}
        )
        return msgspec.msgpack.encode(told)

    def plan_of(self, *, without_items: bool) -> bytes | None:
        """Return the forecasts' plan; ``without_items``: without the picks of the log's categories."""
        return for_any_shop(self.plan) if without_items and self.plan is not None else self.plan


def learn_when(recorder: Recorder, zone: str, seed: int = 0) -> When:
    """Return what the recorded engagements say of time, on the shop's clock (IANA ``zone``).

    Needs the ``train`` extra.
    """
    if not recorder.engagements:
        return When(None, None)
    rows = np.concatenate(recorder.engagements)
    ts_ms = rows["ts_ms"].astype(np.int64)
    plan = fit_plan(ts_ms, np.concatenate(recorder.categories), zone)
    heads = np.frombuffer(rows["user"].tobytes(), "<u8")[::2]
    _, user = np.unique(heads, return_inverse=True)
    hour = _local_h(ts_ms, zone)
    start, stop = int(hour.min()), int(hour.max()) + 1
    return When(encode(plan), fit_activity(active_hours(user, hour), start, stop, seed))


def _local_h(ts_ms: Ints, zone: str) -> Ints:
    _, table = zone_table([zone], int(ts_ms.min()), int(ts_ms.max()))
    hours: Ints = (ts_ms + table.offset_ms(np.zeros(len(ts_ms), np.int64), ts_ms)) // HOUR_MS
    return hours
