"""Event times: integer milliseconds UTC, or RFC 3339 text with a zone. Nothing is guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from schemas.vocabulary import DeadReason
from streams.shared.faults import Fault

FIRST_MS = 946_684_800_000
"""2000-01-01T00:00Z; a smaller count of milliseconds is most likely one of seconds."""
LAST_MS = 4_102_444_800_000
"""2100-01-01T00:00Z; a larger count of milliseconds is most likely one of microseconds."""
DAY_MS = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LOCAL = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?)?"
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_WITHOUT_ZONE = re.compile(_LOCAL)
_SECOND = slice(17, 19)


def is_possible(record_ms: int) -> bool:
    """Whether a Kafka record may carry this timestamp: from 2000 up to 2100 (ms UTC)."""
    return FIRST_MS <= record_ms < LAST_MS


def parse_ts(value: object, record_ms: int, field: str = "ts") -> int:
    """Return an event time in ms UTC; ``record_ms`` is the Kafka record's timestamp.

    Fractions below a millisecond are cut. Neither text nor a whole number (a bool is no number
    here) is `wrong_type`; text that is no RFC 3339, or before 2000, is `ts_invalid`.

    Raises:
        Fault: the time cannot be read, or is more than 24 h past ``record_ms``.
    """
    if type(value) is int:
        ts_ms = value
        if not FIRST_MS <= ts_ms <= LAST_MS:
            raise _integer_fault(ts_ms, field)
    elif isinstance(value, str):
        ts_ms = _parse_text(value, field)
    else:
        raise Fault(DeadReason.WRONG_TYPE, f"{field} must be text or a whole number")
    if ts_ms > record_ms + DAY_MS:
        raise Fault(DeadReason.TS_FUTURE, f"{field} is more than 24 h past the record's timestamp")
    return ts_ms


def _integer_fault(ts_ms: int, field: str) -> Fault:
    if ts_ms < 0:
        return Fault(DeadReason.TS_NEGATIVE, f"{field} is negative")
    if ts_ms < FIRST_MS:
        return Fault(DeadReason.TS_SECONDS, f"{field} as milliseconds is before 2000: seconds?")
    return Fault(DeadReason.TS_MICROSECONDS, f"{field} as milliseconds is past 2100: microseconds?")


def _parse_text(text: str, field: str) -> int:
    if not _RFC3339.fullmatch(text):
        if _WITHOUT_ZONE.fullmatch(text):
            raise Fault(DeadReason.TS_WITHOUT_ZONE, f"{field} has no time zone")
        raise Fault(DeadReason.TS_INVALID, f"{field} is not an RFC 3339 time")
    leap = text[_SECOND] == "60"
    if leap:
        text = f"{text[:17]}59{text[19:]}"
    try:
        ts_ms = (datetime.fromisoformat(text.upper()) - _EPOCH) // _MILLISECOND
    except ValueError as error:
        raise Fault(DeadReason.TS_INVALID, f"{field} names no day of the calendar") from error
    if leap:
        ts_ms = _after_leap_second(ts_ms, field)
    if ts_ms < FIRST_MS:
        raise Fault(DeadReason.TS_INVALID, f"{field} is before 2000")
    return ts_ms


def _after_leap_second(ts_ms: int, field: str) -> int:
    """Return the ms that follow second 59; only the last second of a UTC day may be a leap second."""
    if (ts_ms // 1000 + 1) % 86_400:
        raise Fault(DeadReason.TS_INVALID, f"{field} has a second 60 that never was")
    return ts_ms + 1000
