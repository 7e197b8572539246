"""Decode, check and classify a merged batch; one bad record never costs another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from schemas.state import NEVER_MS
from schemas.tables import DeadLetter, EventBatch, SourceRecord
from streams.pipeline.accept.answers import add_no
from streams.pipeline.accept.columns import Columns
from streams.pipeline.accept.commands import TICKS, read_command
from streams.pipeline.accept.dead_letters import partial_letters
from streams.pipeline.accept.decode import decode
from streams.pipeline.accept.partial import add_sound_part
from streams.pipeline.accept.refusals import Refusals
from streams.pipeline.accept.shapes import SHAPES, Shape
from streams.pipeline.accept.topics import ADD, Add
from streams.pipeline.accept.validate import check_record
from streams.pipeline.accept.vault import Vault
from streams.settings import Settings
from streams.shared.faults import Fault

EVENT_TOPICS = ("clicks", "purchases", "context")
"""Topics whose events are deduplicated and counted by law 4."""
COUNTS = (
    "consumed", "accepted", "duplicates", "late", "dead_letters", "receipts", "profiles",
    "social", "ticks", "other_dead_letters", "partial", "unknown_fields",
)  # fmt: skip
"""``accepted + duplicates + late + dead_letters = consumed``; the rest count apart.

``partial``: dead letters of single fields and lines, whose records are accepted."""


def accept(
    records: list[SourceRecord],
    stream_ms: int,
    settings: Settings,
    vault: Vault,
    refusals: Refusals,
) -> EventBatch:
    """Return the batch's records as columns; what cannot be read is in ``dead``, single fields in ``partial``.

    ``stream_ms`` is the partition's stream time before the batch; dead letters do not move it. Topics
    may carry the deployment's prefix. Ticks only move stream time, so their values are not read; those with
    a key are commands. What ``refusals`` name is in ``dead`` unread.

    Raises:
        ValueError: a record comes from a topic that is no input of a partition.
    """
    columns = Columns(settings, vault)
    readers = {name: _reader(name, settings) for name in {record.topic for record in records}}
    dead: dict[int, DeadLetter] = {}
    partial: list[DeadLetter] = []
    unknown, refusing = 0, bool(refusals.records or refusals.users)
    for pos, record in enumerate(records):
        reader = readers[record.topic]
        try:
            check_record(record)
            if reader is None:
                if record.key is not None:
                    refusals.check_place(record)
                    read_command(record)
                continue
            if refusing:
                refusals.check(record, vault)
            unknown += _add(columns, pos, record, reader, settings.max_value_bytes, partial)
        except Fault as fault:
            dead[pos] = DeadLetter(record, fault.reason, fault.sentence)
            add_no(columns, pos, record, base_topic(record.topic, settings.topic_prefix))
    batch = columns.batch(records, stream_ms, list(dead))
    batch.dead, batch.partial = list(dead.values()), partial
    batch.counts = _counts(records, batch.dead, unknown, settings.topic_prefix)
    batch.counts["partial"] = len(partial)
    return batch


def _add(
    columns: Columns,
    pos: int,
    record: SourceRecord,
    reader: tuple[Shape, Add],
    max_bytes: int,
    partial: list[DeadLetter],
) -> int:
    """Add all rows of a record, those of its sound part, or none; return its unknown fields.

    Raises:
        Fault: none.
    """
    shape, add = reader
    try:
        value, unknown = decode(record, shape, max_bytes)
        add(columns, pos, record, value)
    except Fault as fault:
        unknown, faults = add_sound_part(columns, pos, record, shape, add, fault)
        partial += partial_letters(record, faults)
    return unknown


def is_dead(record: SourceRecord, settings: Settings, vault: Vault, refusals: Refusals) -> bool:
    """Whether `accept` would set a record aside: its verdict asks for no other record."""
    return bool(accept([record], NEVER_MS, settings, vault, refusals).dead)


def _reader(name: str, settings: Settings) -> tuple[Shape, Add] | None:
    """How a topic's records are read; None for ticks."""
    topic = base_topic(name, settings.topic_prefix)
    return None if topic == TICKS else (SHAPES[topic], ADD[topic])


def base_topic(name: str, prefix: str) -> str:
    """Return the name of a partition's input topic without the deployment's prefix."""
    if name in SHAPES or name == TICKS:
        return name
    base = name.removeprefix(prefix)
    if base in SHAPES or base == TICKS:
        return base
    raise ValueError(f"topic {name!r} is no input of a partition")


def _counts(
    records: list[SourceRecord], dead: list[DeadLetter], unknown: int, prefix: str
) -> dict[str, int]:
    of_topic = _by_base_topic((record.topic for record in records), prefix)
    gone = _by_base_topic((letter.record.topic for letter in dead), prefix)
    consumed = sum(of_topic[topic] for topic in EVENT_TOPICS)
    dead_letters = sum(gone[topic] for topic in EVENT_TOPICS)
    other = len(dead) - dead_letters
    return dict.fromkeys(COUNTS, 0) | {
        "consumed": consumed,
        "accepted": consumed - dead_letters,
        "dead_letters": dead_letters,
        "receipts": of_topic["push-receipts"] - gone["push-receipts"],
        "profiles": of_topic["profiles"] - gone["profiles"],
        "social": of_topic["social"] - gone["social"],
        "ticks": of_topic[TICKS] - gone[TICKS],
        "other_dead_letters": other,
        "unknown_fields": unknown,
    }


def _by_base_topic(names: Iterable[str], prefix: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, n in Counter(names).items():
        found[base_topic(name, prefix)] += n
    return found
