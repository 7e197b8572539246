"""What accept sets aside, on its topics: dead letters with their bytes, late events as a ledger."""

from __future__ import annotations

import hashlib

import msgspec

from schemas.decision import LateEvent
from schemas.tables import DeadLetter, Output

DEAD_TOPIC = "dead-letters"
LATE_TOPIC = "late"
LARGEST_BYTES = 512 * 1024
"""A longer value is cut: the broker's usual message limit is 1 MiB."""
KEPT_BYTES = 64 * 1024


def dead_letter_output(letter: DeadLetter, topic_prefix: str = "") -> Output:
    """Return the record for `dead-letters`: key and value as they came, the rest in headers.

    A value above 512 KiB keeps its first 64 KiB, its length and its sha256.
    """
    record = letter.record
    fields = {
        "kairos-reason": letter.reason.value,
        "kairos-sentence": letter.sentence,
        "kairos-topic": record.topic.removeprefix(topic_prefix),
        "kairos-partition": str(record.partition),
        "kairos-offset": str(record.offset),
        "kairos-timestamp-ms": str(record.timestamp_ms),
    }
    value = record.value
    if value is not None and len(value) > LARGEST_BYTES:
        fields["kairos-length"] = str(len(value))
        fields["kairos-sha256"] = hashlib.sha256(value).hexdigest()
        value = value[:KEPT_BYTES]
    headers = tuple((name, text.encode()) for name, text in fields.items())
    return Output(DEAD_TOPIC, record.key, value, headers)


def late_output(event: LateEvent) -> Output:
    """Return the record for `late`, keyed by the pseudonym in hex."""
    return Output(LATE_TOPIC, event.user.encode(), msgspec.json.encode(event))
