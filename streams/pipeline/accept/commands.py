"""What an operator says to a partition: records on `ticks` with a key, which names the command.

A record without a key is time passing, whatever its value says.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from schemas import events
from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.shared.faults import Fault

TICKS = "ticks"
TIME_BACK, RELEASE = b"time-back", b"release"
PSEUDONYM_BYTES = 16
_TIME_BACK = msgspec.json.Decoder(events.TimeBack)
_RELEASE = msgspec.json.Decoder(events.Release)


@dataclass(slots=True, frozen=True)
class TimeBack:
    """Time goes on from ``to_ms``."""

    to_ms: int


@dataclass(slots=True, frozen=True)
class Release:
    """Records of a ``user`` (pseudonym) count again; ``fresh``: from a row that begins again."""

    user: bytes
    fresh: bool


Command = TimeBack | Release


def is_command(record: SourceRecord, topic_prefix: str) -> bool:
    """Whether a record of a partition's input is an operator's command, known or not."""
    return record.topic in (TICKS, topic_prefix + TICKS) and record.key is not None


def read_command(record: SourceRecord) -> Command:
    """Return what a command says.

    Raises:
        Fault: it is no command that this build knows.
    """
    value = record.value or b""
    try:
        if record.key == TIME_BACK:
            _TIME_BACK.decode(value)
            return TimeBack(record.timestamp_ms)
        if record.key == RELEASE:
            return _release(_RELEASE.decode(value))
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise Fault(DeadReason.WRONG_TYPE, "the value is not what this command says") from error
    raise Fault(DeadReason.UNKNOWN_COMMAND, "the key of this record on ticks names no command")


def _release(told: events.Release) -> Release:
    user = bytes.fromhex(told.user)
    if len(user) != PSEUDONYM_BYTES:
        raise ValueError("a pseudonym has 32 hexadecimal digits")
    return Release(user, told.fresh)
