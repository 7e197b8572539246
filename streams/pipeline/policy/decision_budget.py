"""No user has more decisions in an hour than the budget: what one sends must not slow the others."""

from __future__ import annotations

from schemas.tables import Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.aggregate.budget import HOUR_MS
from streams.pipeline.policy.asked import Asked
from streams.settings import Settings


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop the first decision beyond the hour's budget; until the hour ends there is no other."""
    if asked.spent < settings.decisions_per_hour:
        return None
    numbers = {
        "decisions": asked.spent,
        "decisions_per_hour": settings.decisions_per_hour,
        "until_ms": (asked.now_ms // HOUR_MS + 1) * HOUR_MS,
    }
    return Stopped(asked.row, StopReason.TOO_MANY_DECISIONS, "decision_budget", numbers)
