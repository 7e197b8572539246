"""What a learner begins with: what training found out and a bundle carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import msgspec

from models.bundle import Bundle
from models.forecast import UNTRAINED, Plan
from models.sendtime import NOTHING_KNOWN, ActivityModel
from schemas.globals import Epoch


@dataclass(slots=True, frozen=True)
class Start:
    """How demand is forecast, and when users were active in the training log."""

    plan: Plan = UNTRAINED
    activity: ActivityModel = NOTHING_KNOWN

    @classmethod
    def of(cls, bundle: Bundle | None) -> Self:
        """Return what the bundle carries; without one, or in an old one, nothing is known."""
        if bundle is None:
            return cls()
        activity = NOTHING_KNOWN
        if bundle.epoch is not None:
            epoch = msgspec.msgpack.decode(bundle.epoch, type=Epoch)
            activity = ActivityModel.decode(epoch.activity)
        return cls(bundle.forecasts, activity)
