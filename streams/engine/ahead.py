"""Records from the future, judged where they are fetched: once, against the broker's time. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.shared.sequence import has_time

AHEAD_MS = 3_600_000
"""How far a record may be ahead of the broker's time, as `message.timestamp.after.max.ms` of created
topics and of Kafka 4 by itself; a producer's clock may be a little off."""


def is_ahead(record: SourceRecord, broker_ms: int) -> bool:
    """Whether a record is too far ahead of the broker's time; one of an impossible time is not."""
    return record.timestamp_ms > broker_ms + AHEAD_MS and has_time(record)


def judged(records: list[SourceRecord], broker_ms: int) -> list[SourceRecord]:
    """Return the records, those from the future with the verdict on them."""
    return [
        replace(record, refused=DeadReason.RECORD_TS_FUTURE)
        if is_ahead(record, broker_ms)
        else record
        for record in records
    ]
