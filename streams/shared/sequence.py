"""When a record's turn comes in its partition's input sequence. Pure.

Of the topics' first records the one whose turn is earliest comes next; ties go to the earlier topic. A
record whose timestamp is refused has no time of its own: it follows the record before it in its topic
at once, and holds up nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.shared.times import is_possible

AT_ONCE_MS = -1
"""Before every timestamp that is possible."""


def has_time(record: SourceRecord) -> bool:
    """Whether a record's timestamp is one to go by."""
    return record.refused is not DeadReason.RECORD_TS_FUTURE and is_possible(record.timestamp_ms)


def turn_ms(record: SourceRecord) -> int:
    """Return the time at which a record's turn comes (ms UTC), `AT_ONCE_MS` if it has none."""
    return record.timestamp_ms if has_time(record) else AT_ONCE_MS


def in_sequence(records: Iterable[SourceRecord], topics: Sequence[str]) -> list[SourceRecord]:
    """Return a partition's records, in each topic by offset, as the merge of ``topics`` orders them."""
    queues: dict[str, list[SourceRecord]] = {topic: [] for topic in topics}
    for record in records:
        queues[record.topic].append(record)
    return list(heapq.merge(*queues.values(), key=turn_ms))
