"""When a record's turn comes in its partition's input sequence. Pure.

Of the topics' first records the one whose turn is earliest comes next; ties go to the earlier topic. A
record whose timestamp is refused has no time of its own: it follows the record before it in its topic
at once, and holds up nothing. A command names what had been taken in when it was said: who reads the
log again, and finds all topics whole, puts it behind that.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

import msgspec

from schemas.events import Command
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
    """Return a partition's records, in each topic by offset, as the merge of ``topics`` orders them.

    ``topics``: the last are the ticks.
    """
    queues: dict[str, list[SourceRecord]] = {topic: [] for topic in topics}
    for record in records:
        queues[record.topic].append(record)
    merged: list[SourceRecord] = []
    for command in [record for record in queues[topics[-1]] if record.key is not None]:
        if after := _after(command):
            merged += _merged(_taken(queues, {**after, command.topic: command.offset}))
            merged += _taken(queues, {command.topic: command.offset + 1})[command.topic]
    return merged + _merged(queues)


def _merged(queues: Mapping[str, list[SourceRecord]]) -> list[SourceRecord]:
    return list(heapq.merge(*queues.values(), key=turn_ms))


def _taken(
    queues: dict[str, list[SourceRecord]], until: Mapping[str, int]
) -> dict[str, list[SourceRecord]]:
    """Take the records before the offsets ``until`` out of the queues, and return them."""
    taken = {}
    for topic, queue in queues.items():
        end = bisect_left(queue, until.get(topic, 0), key=attrgetter("offset"))
        taken[topic] = queue[:end]
        del queue[:end]
    return taken


def _after(command: SourceRecord) -> dict[str, int]:
    """Where a command stands, by topic; nothing: it says nothing that can be read."""
    try:
        return msgspec.json.decode(command.value or b"", type=Command).after
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
