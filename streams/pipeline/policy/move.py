"""Where a push that was not sent yet may go when its user's zone is another one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.pipeline.aggregate.fates import counted, counts_at, lasts_to
from streams.pipeline.policy.cap import fullest
from streams.pipeline.policy.min_gap import nearest
from streams.pipeline.policy.quiet_hours import LONGEST_LIFE_MS, allowed_windows
from streams.settings import Settings

MOST_MOVES = 16
"""A push that was moved so often is taken back instead."""
Span = tuple[int, int]


def fits(push: Any, zone: str, now_ms: int, settings: Settings) -> bool:
    """Whether what is left of the slot of a push (PUSH) lies in the zone's allowed hours."""
    begins_ms = max(now_ms, int(push["at_ms"]))
    start, end = next(allowed_windows(zone, begins_ms, settings))
    return start <= begins_ms and int(push["expires_ms"]) <= end


def moved(
    pushes: NDArray[Any], index: int, zone: str, now_ms: int, settings: Settings
) -> Span | None:
    """Return the slot in the zone's allowed hours to which a push moves; None: there is none.

    ``pushes``: all of the user's, for caps and gaps. It is not before the slot it had, and within its life.
    """
    push, others = pushes[index], np.delete(pushes, index)
    if push["revision"] >= MOST_MOVES:
        return None
    life_ends_ms = int(push["created_ms"]) + min(settings.candidate_life_ms, LONGEST_LIFE_MS)
    for start, end in allowed_windows(zone, max(now_ms, int(push["at_ms"])), settings):
        if start >= life_ends_ms:
            return None
        expires_ms = min(end, life_ends_ms)
        if expires_ms - start >= settings.min_life_ms:
            return (start, expires_ms) if _has_room(others, start, settings) else None
    return None


def _has_room(others: NDArray[Any], at_ms: int, settings: Settings) -> bool:
    others = others.compress(counted(others))
    closest = nearest(sorted(lasts_to(others).tolist()), at_ms)
    if closest is not None and abs(closest - at_ms) < settings.min_gap_ms:
        return False
    return fullest(sorted(counts_at(others).tolist()), at_ms) < settings.cap_per_day
