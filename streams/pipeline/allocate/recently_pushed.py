"""The same item is not pushed twice within the cooldown."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers, PolicyView
from streams.pipeline.aggregate.fates import counted, lasts_to
from streams.settings import Settings


def stops(
    due: DueUsers, candidates: CandidateSet, view: PolicyView, settings: Settings
) -> NDArray[np.bool_]:
    """Return which pairs were pushed within ``item_cooldown_ms`` of the new push.

    Pushes that are planned for after it count as well.
    """
    pushes: NDArray[Any] = due.state.pushes.data
    slots = due.state.pushes.slots
    apart_ms = np.abs(view.send_after_ms[slots] - lasts_to(pushes))
    hit = counted(pushes) & (apart_ms < settings.item_cooldown_ms)
    pushed = set(zip(slots[hit].tolist(), pushes["item"][hit].tolist(), strict=True))
    if not pushed:
        return np.zeros(len(candidates), np.bool_)
    pairs = zip(candidates.due.tolist(), candidates.item.tolist(), strict=True)
    return np.fromiter((pair in pushed for pair in pairs), np.bool_, len(candidates))
