"""No 24 hours, wherever they begin, hold more pushes than the cap."""

from __future__ import annotations

from bisect import bisect_left

from schemas.tables import Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.policy.asked import Asked
from streams.pipeline.policy.calendar import DAY_MS
from streams.settings import Settings


def fullest(times: list[int], at_ms: int, span_ms: int = DAY_MS) -> int:
    """Return the most of ``times`` (sorted) in any half-open span that contains ``at_ms``.

    Sliding a span to the right until it begins at a time, or at ``at_ms``, loses nothing, so
    only those beginnings are tried.
    """
    starts = [t for t in times if at_ms - span_ms < t <= at_ms]
    starts.append(at_ms)
    return max(bisect_left(times, s + span_ms) - bisect_left(times, s) for s in starts)


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a push that would make some 24 hours hold more than ``cap_per_day``."""
    if asked.cap_used < settings.cap_per_day:
        return None
    numbers = {
        "cap_used": asked.cap_used,
        "cap_limit": settings.cap_per_day,
        "send_after_ms": asked.slot.send_after_ms,
    }
    return Stopped(asked.row, StopReason.CAP_REACHED, "cap", numbers)
