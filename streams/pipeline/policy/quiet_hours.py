"""`[send_after, expires_at)` lies wholly outside the quiet hours of the user's own zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from schemas.tables import Stopped
from schemas.vocabulary import StopReason
from streams.pipeline.policy.asked import Asked, Slot
from streams.pipeline.policy.calendar import DAY_MS, Span, quiet_spans
from streams.settings import Settings, SettingsError

LONGEST_LIFE_MS = 28 * DAY_MS
"""What push services keep at most (FCM: four weeks)."""
FOREVER_MS = 2**62


@lru_cache(maxsize=64)
def wall_clock_s(setting: str, text: str) -> int:
    """Return the seconds after midnight of a setting's ``HH:MM``.

    Raises:
        SettingsError: it is not a time of day.
    """
    try:
        at = datetime.strptime(text, "%H:%M")
    except ValueError as error:
        raise SettingsError(f"{setting}: {text!r} is not HH:MM") from error
    return at.hour * 3600 + at.minute * 60


def find_slot(zone: str, now_ms: int, settings: Settings) -> Slot:
    """Return the first slot long enough within the candidate's life, or why there is none.

    A user outside quiet hours may get it now; inside, when they end, if the candidate lives
    that long. A slot that is shorter than ``min_life_ms`` gives way to the next.
    """
    life_ends_ms = now_ms + min(settings.candidate_life_ms, LONGEST_LIFE_MS)
    allowed_ms = None
    reason = StopReason.QUIET_HOURS
    for start, end in allowed_windows(zone, now_ms, settings):
        allowed_ms = start if allowed_ms is None else allowed_ms
        if start >= life_ends_ms:
            break
        expires_ms = min(end, life_ends_ms)
        if expires_ms - start >= settings.min_life_ms:
            return Slot(start, expires_ms, start > now_ms, None, allowed_ms, life_ends_ms)
        reason = StopReason.TOO_SHORT
    return Slot(now_ms, now_ms, False, reason, allowed_ms or now_ms, life_ends_ms)


def allowed_windows(zone: str, from_ms: int, settings: Settings) -> Iterator[Span]:
    """Yield the half-open spans (ms UTC) outside quiet hours, from a moment on, without end."""
    start_s = wall_clock_s("quiet_start", settings.quiet_start)
    end_s = wall_clock_s("quiet_end", settings.quiet_end)
    at_ms = from_ms
    while start_s != end_s:
        window = _window(quiet_spans(zone, start_s, end_s, at_ms // DAY_MS), at_ms)
        yield window
        at_ms = window[1]
    yield from_ms, FOREVER_MS


def stop(asked: Asked, settings: Settings) -> Stopped | None:
    """Stop a candidate that dies in quiet hours or has too little time outside them."""
    slot = asked.slot
    if slot.reason is None:
        return None
    numbers = {
        "now_ms": asked.now_ms,
        "life_ends_ms": slot.life_ends_ms,
        "allowed_ms": slot.allowed_ms,
        "min_life_ms": settings.min_life_ms,
        "timezone": asked.zone,
    }
    return Stopped(asked.row, slot.reason, "quiet_hours", numbers)


def _window(spans: tuple[Span, ...], at_ms: int) -> Span:
    """Return the first allowed span that ends after a moment, from that moment on."""
    after = bisect_right(spans, at_ms, key=lambda span: span[1])
    quiet_from, quiet_to = spans[after]
    if at_ms < quiet_from:
        return at_ms, quiet_from
    return quiet_to, spans[after + 1][0]
