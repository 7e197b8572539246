"""Quiet hours as spans of real time, correct across every change of a zone's offset.

A moment is quiet when the wall clock says so, and also between the first (in a fold) or the
moved-forward (in a gap) instants of the start and the end. The union errs on the side of
silence: a clock that is set back into quiet hours makes them quiet a second time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_S = 86_400
DAY_MS = DAY_S * 1000
_HOUR_S = 3600
_LOCAL_EPOCH = datetime(1970, 1, 1)  # a wall clock's: without zone on purpose

Span = tuple[int, int]
"""Half-open ``[start, end)``."""


@lru_cache(maxsize=8192)
def quiet_spans(zone: str, start_s: int, end_s: int, day: int) -> tuple[Span, ...]:
    """Return the quiet spans (ms UTC, sorted, apart) from 2 days before to 4 after a UTC day.

    ``start_s`` and ``end_s`` are seconds after local midnight, ``day`` counts from 1970-01-01.
    They differ; a start after the end means over midnight.
    """
    place = ZoneInfo(zone)
    length_s = (end_s - start_s) % DAY_S
    segments = _segments(place, (day - 2) * DAY_S, (day + 5) * DAY_S)
    spans = [span for segment in segments for span in _by_wall_clock(segment, start_s, length_s)]
    if len(segments) > 1:  # else both readings agree
        starts = (d * DAY_S + start_s for d in range(day - 3, day + 5))
        spans += [(_instant(place, s), _instant(place, s + length_s)) for s in starts]
    return tuple((start * 1000, end * 1000) for start, end in _merge(spans))


def _segments(place: ZoneInfo, low_s: int, high_s: int) -> list[tuple[int, int, int]]:
    """Cut a range where the offset changes: (start, end, offset), all in seconds."""
    changes = (
        _change(place, at, at + _HOUR_S)
        for at in range(low_s, high_s, _HOUR_S)
        if _offset(place, at) != _offset(place, at + _HOUR_S)
    )
    cuts = [low_s, *changes]
    ends = [*cuts[1:], high_s]
    return [(a, b, _offset(place, a)) for a, b in zip(cuts, ends, strict=True)]


def _change(place: ZoneInfo, before: int, after: int) -> int:
    """Return the second at which the offset changes."""
    old = _offset(place, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(place, middle) == old else (before, middle)
    return after


def _by_wall_clock(segment: tuple[int, int, int], start_s: int, length_s: int) -> list[Span]:
    """Return the spans of one offset in which the wall clock shows quiet hours."""
    low, high, offset = segment
    days = range((low + offset) // DAY_S - 1, (high + offset) // DAY_S + 1)
    starts = (day * DAY_S + start_s - offset for day in days)
    return [(max(start, low), min(start + length_s, high)) for start in starts]


def _merge(spans: list[Span]) -> list[Span]:
    """Sort spans, drop empty ones and join those that touch."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _offset(place: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(place).utcoffset()
    return round(offset.total_seconds()) if offset is not None else 0


def _instant(place: ZoneInfo, local_s: int) -> int:
    """Return when a wall clock shows a time: in a gap moved forward, in a fold the first."""
    local = _LOCAL_EPOCH + timedelta(seconds=local_s)
    return round(local.replace(tzinfo=place).timestamp())
