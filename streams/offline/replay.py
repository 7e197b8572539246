"""Run a whole log through the data path in process: no broker, same decisions, same bytes.

Training, evaluation and the tests stand on it. Records go to partitions as Kafka's default
partitioner would send them; the learner publishes its epochs at fixed stream times, so the result
does not depend on how the log is cut into batches.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from aiokafka.partitioner import murmur2
from msgspec.structs import replace

from schemas.events import Tick
from schemas.globals import Signals, epoch_number
from schemas.state import NEVER_MS
from schemas.tables import Output, SourceRecord
from streams.knowledge.shelf import shelf
from streams.learner.learner import Learner
from streams.learner.start import Start
from streams.pipeline.accept import (
    NO_REFUSALS,
    Fault,
    TimeBack,
    catalogue_letters,
    is_command,
    is_dead,
    read_command,
)
from streams.pipeline.pipeline import Pipeline
from streams.pipeline.publish import signals
from streams.shared.sequence import has_time, in_sequence, turn_ms
from streams.state.marker import Marker, read_marker
from streams.state.store import MemoryStore

MERGE_ORDER = ("clicks", "purchases", "context", "profiles", "push-receipts", "social", "ticks")
"""The co-partitioned topics; records of equal timestamp are taken in this order."""

CATALOG, TICKS = "catalog", "ticks"

Sink = Callable[[Output], None]


@dataclass(slots=True)
class Replayed:
    """What a replay leaves behind: the state of every partition, and how much it saw."""

    stores: list[MemoryStore] = field(default_factory=list)
    records: int = 0
    epochs: int = 0
    epoch: bytes | None = None

    def markers(self) -> list[Marker]:
        """Each partition's marker."""
        return [read_marker(store) for store in self.stores]

    def counts(self) -> dict[str, int]:
        """The law-4 counters, summed over partitions."""
        return _sum(marker.counts for marker in self.markers())


def replay(
    records: Iterable[SourceRecord],
    pipeline: Pipeline,
    sink: Sink,
    batch_records: int = 2_000,
    progress: Callable[[int], None] | None = None,
    at_epoch: Callable[[list[MemoryStore], int], None] | None = None,
) -> Replayed:
    """Process ``records`` (timestamp order, topics without prefix) and hand outputs to ``sink``.

    Epochs begin at multiples of ``epoch_ms`` of the log, which go back with a partition that is brought
    back; ``at_epoch`` is shown the state as it is then, and the time.
    """
    settings = replace(pipeline.settings, topic_prefix="")
    run = _Run(dataclasses.replace(pipeline, settings=settings), sink, batch_records)
    routed = _routed(records, settings.partitions)
    for until_ms, segment in _segments(routed, settings.epoch_ms, run.moves_time):
        run.segment(segment)
        run.publish_epoch(until_ms)
        if at_epoch:
            at_epoch(run.done.stores, until_ms)
        if progress:
            progress(run.done.records)
    run.final_ticks()
    return run.done


class _Run:
    """A replay under way: the partitions' stores, the learner, and where the log has come to."""

    def __init__(self, pipeline: Pipeline, sink: Sink, batch_records: int) -> None:
        self._pipeline, self._sink, self._batch_records = pipeline, sink, batch_records
        self._learner = Learner(
            pipeline.settings, start=Start.of(pipeline.bundle), word=pipeline.vault.word
        )
        self._last_ms = NEVER_MS
        self._since = 0
        self.done = Replayed([MemoryStore() for _ in range(pipeline.settings.partitions)])

    def segment(self, records: list[SourceRecord]) -> None:
        """Process a piece of the log; its catalogue is read first: each record says when it holds."""
        by_partition, catalog = _parted(records)
        for record in catalog:
            self._pipeline.knowledge.apply_catalog(record)
            self._send(catalogue_letters(record, self._pipeline.settings.topic_prefix))
        for partition in range(len(self.done.stores)):
            self._process(partition, by_partition.get(partition, []))
        for record in catalog:
            if has_time(record):
                self._last_ms = max(self._last_ms, record.timestamp_ms)
        self.done.records += len(records)

    def moves_time(self, record: SourceRecord) -> bool:
        """Whether time passes with a record: a dead letter moves none."""
        if record.topic == CATALOG:
            return has_time(record)
        return not is_dead(record, self._pipeline.settings, self._pipeline.vault, NO_REFUSALS)

    def publish_epoch(self, holds_from_ms: int) -> None:
        """Let the learner publish what it has learned so far."""
        done, knowledge = self.done, self._pipeline.knowledge
        self._learner.hear(knowledge.catalogue.news(NEVER_MS if done.epochs else None))
        self._learner.read(shelf(knowledge.catalogue, self._learner.known(), holds_from_ms))
        done.epochs += 1
        number = epoch_number(holds_from_ms)
        epoch = self._learner.epoch(number, holds_from_ms, knowledge.catalogue.version)
        epoch = replace(epoch, since=self._since)
        done.epoch = msgspec.msgpack.encode(epoch)
        knowledge.apply_epoch(done.epoch)

    def final_ticks(self) -> None:
        """Let every partition reach the end of the log: no timer due by then is left."""
        last_ms = max([self._last_ms, *(marker.stream_ms for marker in self.done.markers())])
        if last_ms == NEVER_MS:
            return
        tick = msgspec.json.encode(Tick(ts=last_ms))
        for partition in range(len(self.done.stores)):
            record = SourceRecord("ticks", partition, 0, last_ms, None, tick)
            self._process(partition, [record])

    def _process(self, partition: int, records: list[SourceRecord]) -> None:
        store, size = self.done.stores[partition], self._batch_records
        for start in range(0, len(records), size):
            batch = records[start : start + size]
            for effects in self._pipeline.process_whole(partition, store, batch):
                store.apply(effects.rows)
                self._send(effects.outputs)

    def _send(self, outputs: list[Output]) -> None:
        """Hand outputs on, signals to the learner."""
        for output in outputs:
            if output.topic == signals.TOPIC and output.value is not None:
                told = msgspec.msgpack.decode(output.value, type=Signals)
                self._since += bool(told.back_ms)  # a count does for the offset on the topic
                self._learner.absorb(told)
            else:
                self._sink(output)


def _routed(records: Iterable[SourceRecord], partitions: int) -> Iterator[SourceRecord]:
    """Give every record the partition and offset that a broker would give it."""
    next_offset: dict[tuple[str, int], int] = {}
    for record in records:
        partition = _home(record, partitions)
        offset = next_offset.get((record.topic, partition), 0)
        next_offset[record.topic, partition] = offset + 1
        yield SourceRecord(
            record.topic, partition, offset, record.timestamp_ms, record.key, record.value,
            record.headers, record.refused,
        )  # fmt: skip


def _home(record: SourceRecord, partitions: int) -> int:
    """The partition of a record: ticks are written to one, not to that of their key."""
    return record.partition if record.topic == TICKS else partition_of(record.key, partitions)


@lru_cache(maxsize=100_000)
def partition_of(key: bytes | None, partitions: int) -> int:
    """Return the partition of a key as Kafka's default partitioner chooses it; null: the first."""
    return 0 if key is None else (murmur2(key) & 0x7FFFFFFF) % partitions


def _segments(
    records: Iterable[SourceRecord], epoch_ms: int, moves_time: Callable[[SourceRecord], bool]
) -> Iterator[tuple[int, list[SourceRecord]]]:
    """Cut the log at multiples of ``epoch_ms``: pairs of (end, records before it)."""
    segment: list[SourceRecord] = []
    until_ms = NEVER_MS
    for record in records:
        if _brings_back(record):
            until_ms = min(until_ms, (record.timestamp_ms // epoch_ms + 1) * epoch_ms)
        elif turn_ms(record) >= until_ms and moves_time(record):
            if until_ms != NEVER_MS:
                yield until_ms, segment
                segment = []
            until_ms = (record.timestamp_ms // epoch_ms + 1) * epoch_ms
        segment.append(record)
    if segment:
        yield max(until_ms, epoch_ms), segment


def _brings_back(record: SourceRecord) -> bool:
    if record.refused is not None or not is_command(record, "") or not has_time(record):
        return False
    try:
        return isinstance(read_command(record), TimeBack)
    except Fault:
        return False


def _parted(
    segment: list[SourceRecord],
) -> tuple[dict[int, list[SourceRecord]], list[SourceRecord]]:
    """Split a segment into each partition's merged sequence and the catalogue's records."""
    by_partition: dict[int, list[SourceRecord]] = {}
    catalog = []
    for record in segment:
        if record.topic == CATALOG:
            catalog.append(record)
        else:
            by_partition.setdefault(record.partition, []).append(record)
    return {n: in_sequence(records, MERGE_ORDER) for n, records in by_partition.items()}, catalog


def _sum(many: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in many:
        for name, n in counts.items():
            total[name] = total.get(name, 0) + n
    return dict(sorted(total.items()))
