"""Decode, check and classify a merged batch; one bad record never costs another."""

from __future__ import annotations

from schemas.tables import DeadLetter, EventBatch, SourceRecord
from streams.accept.columns import Columns
from streams.accept.decode import decode
from streams.accept.faults import Fault
from streams.accept.shapes import SHAPES
from streams.accept.topics import ADD
from streams.accept.vault import Vault
from streams.settings import Settings

EVENT_TOPICS = ("clicks", "purchases", "context")
"""Topics whose events are deduplicated and counted by law 4."""
TICKS = "ticks"
COUNTS = (
    "consumed", "accepted", "duplicates", "late", "dead_letters", "receipts", "ticks",
    "other_dead_letters", "unknown_fields",
)  # fmt: skip
"""``accepted + duplicates + late + dead_letters = consumed``; the rest count apart."""


def accept(
    records: list[SourceRecord], stream_ms: int, settings: Settings, vault: Vault
) -> EventBatch:
    """Return the batch's records as columns; what cannot be read is in ``dead``.

    ``stream_ms`` is the partition's stream time before the batch. Topics may carry the
    deployment's prefix. Ticks only move stream time, so their values are not read.

    Raises:
        ValueError: a record comes from a topic that is no input of a partition.
    """
    columns = Columns(settings, vault)
    counts = dict.fromkeys(COUNTS, 0)
    dead: list[DeadLetter] = []
    for pos, record in enumerate(records):
        topic = base_topic(record.topic, settings.topic_prefix)
        if topic == TICKS:
            counts["ticks"] += 1
            continue
        try:
            counts["unknown_fields"] += _take(columns, topic, pos, record, settings)
        except Fault as fault:
            dead.append(DeadLetter(record, fault.reason, fault.sentence))
            _count_dead(counts, topic)
        else:
            _count_good(counts, topic)
    batch = columns.batch(records, stream_ms)
    batch.dead, batch.counts = dead, counts
    return batch


def _take(columns: Columns, topic: str, pos: int, record: SourceRecord, settings: Settings) -> int:
    """Add a record's rows, all or none; return how many of its fields nobody knows."""
    value, unknown = decode(record, SHAPES[topic], settings.max_value_bytes)
    ADD[topic](columns, pos, record, value)
    return unknown


def base_topic(name: str, prefix: str) -> str:
    """Return the name of a partition's input topic without the deployment's prefix."""
    if name in SHAPES or name == TICKS:
        return name
    base = name.removeprefix(prefix)
    if base in SHAPES or base == TICKS:
        return base
    raise ValueError(f"topic {name!r} is no input of a partition")


def _count_dead(counts: dict[str, int], topic: str) -> None:
    if topic in EVENT_TOPICS:
        counts["consumed"] += 1
        counts["dead_letters"] += 1
    else:
        counts["other_dead_letters"] += 1


def _count_good(counts: dict[str, int], topic: str) -> None:
    if topic in EVENT_TOPICS:
        counts["consumed"] += 1
        counts["accepted"] += 1
    else:
        counts["receipts"] += 1
