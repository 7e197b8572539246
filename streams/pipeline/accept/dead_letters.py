"""What accept sets aside, on its topics: dead letters with their bytes, late events as a ledger."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import msgspec

from schemas.decision import LateEvent
from schemas.tables import DeadLetter, Output, SourceRecord
from streams.shared.faults import Fault

DEAD_TOPIC = "dead-letters"
LATE_TOPIC = "late"
LARGEST_BYTES, KEPT_BYTES = 512 * 1024, 64 * 1024
"""A longer value is cut to so much: the broker's usual message limit is 1 MiB."""
MOST_PARTIAL = 8
"""Letters of a record in which single fields are at fault: each has all of its bytes."""
LARGEST_KEY_BYTES, KEPT_KEY_BYTES = 4_096, 1_024
"""The same of a key: no id is as long."""


def dead_letter_output(letter: DeadLetter, topic_prefix: str = "") -> Output:
    """Return the record for `dead-letters`: key and value as they came, the rest in headers.

    A value above 512 KiB keeps its first 64 KiB, a key above 4 KiB its first KiB, headers nothing;
    length and sha256 of what was cut stay. ``kairos-partial`` names the field of an accepted record.
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
    if letter.field:
        fields |= {"kairos-partial": letter.field}
    value, key = record.value, record.key
    if value is not None and len(value) > LARGEST_BYTES:
        fields |= _told_of("kairos", value)
        value = value[:KEPT_BYTES]
    if key is not None and len(key) > LARGEST_KEY_BYTES:
        fields |= _told_of("kairos-key", key)
        key = key[:KEPT_KEY_BYTES]
    if record.headers:
        told = b"".join(name.encode() + value for name, value in record.headers)
        fields |= _told_of("kairos-headers", told)
    headers = tuple((name, text.encode()) for name, text in fields.items())
    return Output(DEAD_TOPIC, key, value, headers)


def partial_letters(record: SourceRecord, faults: list[Fault]) -> list[DeadLetter]:
    """Return a letter for each of the first faults of an accepted record; the last says how many more."""
    letters = [DeadLetter(record, f.reason, f.sentence, f.field) for f in faults[:MOST_PARTIAL]]
    if more := len(faults) - len(letters):
        last = letters[-1]
        letters[-1] = replace(last, sentence=f"{last.sentence}; {more} more faults in this record")
    return letters


def _told_of(name: str, cut: bytes) -> dict[str, str]:
    return {
        f"{name}-length": str(len(cut)),
        f"{name}-sha256": hashlib.sha256(cut).hexdigest(),
    }


def late_output(event: LateEvent) -> Output:
    """Return the record for `late`, keyed by the pseudonym in hex."""
    return Output(LATE_TOPIC, event.user.encode(), msgspec.json.encode(event))
