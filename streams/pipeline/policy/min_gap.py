"""Two pushes to one user keep their distance, whichever is planned first."""

from __future__ import annotations

from bisect import bisect_left

from schemas.tables import Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.policy.asked import Asked
from streams.settings import Settings


def nearest(times: list[int], at_ms: int) -> int | None:
    """Return the one of ``times`` (sorted) that is nearest to ``at_ms``, the earlier of two."""
    after = bisect_left(times, at_ms)
    around = times[max(0, after - 1) : after + 1]
    return min(around, key=lambda time: abs(time - at_ms), default=None)


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a push closer than ``min_gap_ms`` to a counted one on either side."""
    send_after_ms = asked.slot.send_after_ms
    closest = nearest(asked.lasting, send_after_ms)
    if closest is None or abs(closest - send_after_ms) >= settings.min_gap_ms:
        return None
    numbers = {
        "gap_ms": abs(closest - send_after_ms),
        "min_gap_ms": settings.min_gap_ms,
        "nearest_ms": closest,
        "send_after_ms": send_after_ms,
    }
    return Stopped(asked.row, StopReason.MIN_GAP, "min_gap", numbers)
