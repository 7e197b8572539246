"""Merge a partition's co-partitioned topics into one input sequence. Pure: no Kafka, no clock.

The sequence is defined record by record: of the topics' first unreleased records the smallest by
(`streams.shared.sequence.turn_ms`, topic order, offset) comes next. So it does not depend on how
records were fetched, as long as every topic's next record is known, or known not to be there yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from schemas.tables import SourceRecord
from streams.shared.sequence import turn_ms
from streams.shared.sizes import input_sizes


@dataclass(slots=True)
class Slice:
    """Records fetched from one topic partition, and exactly the offsets they cover.

    ``[start, end)`` also covers what has no record: control markers, aborted and compacted data.
    ``seek`` counts the seeks of the partition: slices of different seeks do not fit together.
    ``seen_ms``: when the broker's answer came.
    """

    records: list[SourceRecord]
    start: int
    end: int
    seek: int
    seen_ms: int = 0


@dataclass(slots=True, frozen=True)
class Range:
    """Half-open offsets of one topic that a batch covers, and the seek they were fetched after."""

    start: int
    end: int
    seek: int

    def __bool__(self) -> bool:
        """Whether it covers anything."""
        return self.start < self.end


@dataclass(slots=True, frozen=True)
class Batch:
    """A piece of a partition's input sequence, with the range it covers in each topic."""

    records: list[SourceRecord]
    ranges: dict[str, Range]


@dataclass(slots=True)
class _Held:
    """What is fetched from one topic but not released."""

    records: deque[SourceRecord] = field(default_factory=deque)
    start: int = 0
    end: int = 0
    seek: int = -1
    seen_ms: int = 0
    size: int = 0
    dry_since_s: float | None = None

    def add(self, piece: Slice) -> bool:
        if self.seek < 0:
            self.start, self.end, self.seek = piece.start, piece.start, piece.seek
        if piece.start != self.end or piece.seek != self.seek:
            return False
        if not self.records:
            self.seen_ms = piece.seen_ms
        self.records.extend(piece.records)
        self.size += sum(input_sizes(piece.records))
        self.end = piece.end
        return True

    def take_range(self) -> Range:
        """The range up to the first record that stays."""
        end = self.records[0].offset if self.records else self.end
        taken = Range(self.start, end, self.seek)
        self.start = end
        return taken


class Merger:
    """Holds one partition's fetched slices and releases them in the order of the sequence."""

    def __init__(self, topics: Sequence[str], wait_s: float) -> None:
        """Merge ``topics`` (ties go to the earlier one); wait ``wait_s`` seconds for a laggard."""
        self._topics = tuple(topics)
        self._rank = {topic: rank for rank, topic in enumerate(topics)}
        self._wait_s = wait_s
        self._held = {topic: _Held() for topic in topics}

    def add(self, topic: str, piece: Slice) -> bool:
        """Hold a slice; False, and the slice is not taken, if it does not follow the last one."""
        return self._held[topic].add(piece)

    def forget(self, topic: str | None = None) -> None:
        """Drop what is held of a topic, or of all."""
        for name in self._topics if topic is None else (topic,):
            self._held[name] = _Held()

    def held(self, topic: str) -> int:
        """Records of a topic that wait to be released."""
        return len(self._held[topic].records)

    def held_bytes(self, topic: str) -> int:
        """Bytes of their values and headers."""
        return self._held[topic].size

    def start(self, topic: str) -> int | None:
        """First offset held of a topic, or None: nothing is held."""
        held = self._held[topic]
        return held.start if held.records else None

    def __bool__(self) -> bool:
        """Whether any record waits."""
        return any(held.records for held in self._held.values())

    def seen_ms(self) -> int:
        """When the first records came that wait to be released."""
        return max((held.seen_ms for held in self._held.values() if held.records), default=0)

    def release(self, now_s: float, ended: Container[str], limit: int) -> Batch | None:
        """Return the next piece of the sequence, at most ``limit`` records, or None: wait.

        ``ended``: topics whose end has been read; they hold nobody up. ``now_s``: any monotonic
        seconds. A topic that stays dry short of its end holds the others up for ``wait_s`` only.
        """
        if not self:
            for held in self._held.values():
                held.dry_since_s = None
            return None
        waived = {topic for topic in self._topics if self._is_waived(topic, now_s, ended)}
        records = self._merge(waived, limit)
        if not records:
            return None
        for record, size in zip(records, input_sizes(records), strict=True):
            self._held[record.topic].size -= size
        ranges = {topic: held.take_range() for topic, held in self._held.items()}
        return Batch(records, {name: taken for name, taken in ranges.items() if taken})

    def _is_waived(self, topic: str, now_s: float, ended: Container[str]) -> bool:
        held = self._held[topic]
        if held.records or topic in ended:
            held.dry_since_s = None
            return topic in ended
        if held.dry_since_s is None:
            held.dry_since_s = now_s
        return now_s - held.dry_since_s >= self._wait_s

    def _merge(self, waived: Container[str], limit: int) -> list[SourceRecord]:
        queues = [self._held[topic].records for topic in self._topics]
        if any(not queues[self._rank[t]] and t not in waived for t in self._topics):
            return []
        heads = [(turn_ms(queue[0]), rank) for rank, queue in enumerate(queues) if queue]
        heapify(heads)
        merged: list[SourceRecord] = []
        while heads and len(merged) < limit:
            _, rank = heappop(heads)
            queue = queues[rank]
            _take_run(queue, rank, heads[0] if heads else None, limit, merged)
            if queue:
                heappush(heads, (turn_ms(queue[0]), rank))
            elif self._topics[rank] not in waived:
                break
        return merged


def _take_run(
    queue: deque[SourceRecord],
    rank: int,
    next_head: tuple[int, int] | None,
    limit: int,
    merged: list[SourceRecord],
) -> None:
    """Move the records of the first topic that come before the next topic's first one."""
    room = limit - len(merged)
    if next_head is None:
        merged += [queue.popleft() for _ in range(min(room, len(queue)))]
        return
    next_ms, next_rank = next_head
    last_ms = next_ms if rank < next_rank else next_ms - 1
    while room and queue and turn_ms(queue[0]) <= last_ms:
        merged.append(queue.popleft())
        room -= 1
