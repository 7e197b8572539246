"""A timer whose reason is gone says nothing; one whose reason was forgotten says nothing either."""

from __future__ import annotations

from schemas.tables import Stopped
from schemas.vocabulary import Standing, StopReason
from streams.pipeline.policy.asked import Asked
from streams.settings import Settings

_REASONS = {Standing.GONE: StopReason.REASON_GONE, Standing.FORGOTTEN: StopReason.FORGOTTEN}


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a timer that nothing stands behind any more, or of which that is not known."""
    if asked.standing == Standing.STANDS:
        return None
    numbers = {"now_ms": asked.now_ms}
    return Stopped(asked.row, _REASONS[asked.standing], "reason", numbers)
