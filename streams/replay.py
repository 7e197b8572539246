"""Run a whole log through the data path in process: no broker, same decisions, same bytes.

Training, evaluation and the tests stand on it. Records go to partitions as Kafka's default
partitioner would send them; the learner publishes its epochs at fixed stream times, so the result
does not depend on how the log is cut into batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec
from aiokafka.partitioner import murmur2
from msgspec.structs import replace

from schemas.events import Tick
from schemas.globals import Signals
from schemas.tables import Output, SourceRecord
from streams.learn import signals
from streams.learn.learner import Learner
from streams.pipeline import Pipeline
from streams.store import MemoryStore
from streams.wave.session import Marker, read_marker

MERGE_ORDER = ("clicks", "purchases", "context", "push-receipts", "ticks")
"""The co-partitioned topics; records of equal timestamp are taken in this order."""

CATALOG = "catalog"

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

    Catalogue records take effect, and epochs begin, at multiples of ``epoch_ms`` of the log;
    ``at_epoch`` is shown the state as it is then, and the time.
    """
    settings = pipeline.settings = replace(pipeline.settings, topic_prefix="")
    run = Replayed([MemoryStore() for _ in range(settings.partitions)])
    learner = Learner(settings)
    last_ms = 0
    for until_ms, segment in _segments(_routed(records, settings.partitions), settings.epoch_ms):
        user_records, catalog = _parted(segment)
        for partition, store in enumerate(run.stores):
            mine = user_records.get(partition, [])
            _run_partition(pipeline, partition, store, mine, batch_records, sink, learner)
        for record in catalog:
            pipeline.knowledge.apply_catalog(record.key, record.value)
        run.records += len(segment)
        last_ms = max(last_ms, segment[-1].timestamp_ms)
        _publish_epoch(pipeline, learner, run, until_ms)
        if at_epoch:
            at_epoch(run.stores, until_ms)
        if progress:
            progress(run.records)
    _final_ticks(pipeline, run, last_ms, sink, learner)
    return run


def _run_partition(
    pipeline: Pipeline,
    partition: int,
    store: MemoryStore,
    records: list[SourceRecord],
    batch_records: int,
    sink: Sink,
    learner: Learner,
) -> None:
    for start in range(0, len(records), batch_records):
        effects = pipeline.process(partition, store, records[start : start + batch_records])
        store.apply(effects.rows)
        for output in effects.outputs:
            if output.topic == signals.TOPIC and output.value is not None:
                learner.absorb(msgspec.msgpack.decode(output.value, type=Signals))
            else:
                sink(output)


def _publish_epoch(pipeline: Pipeline, learner: Learner, run: Replayed, holds_from_ms: int) -> None:
    run.epochs += 1
    version = pipeline.knowledge.catalogue.version
    epoch = learner.epoch(run.epochs, holds_from_ms, version)
    run.epoch = msgspec.msgpack.encode(epoch)
    pipeline.knowledge.apply_epoch(run.epoch)


def _final_ticks(
    pipeline: Pipeline, run: Replayed, last_ms: int, sink: Sink, learner: Learner
) -> None:
    """Let every partition reach the end of the log, so that no timer due by then is left."""
    tick = msgspec.json.encode(Tick(ts=last_ms))
    topic = pipeline.settings.topic("ticks")
    for partition, store in enumerate(run.stores):
        record = SourceRecord(topic, partition, 0, last_ms, None, tick)
        _run_partition(pipeline, partition, store, [record], 1, sink, learner)


def _routed(records: Iterable[SourceRecord], partitions: int) -> Iterator[SourceRecord]:
    """Give every record the partition and offset that a broker would give it."""
    next_offset: dict[tuple[str, int], int] = {}
    for record in records:
        partition = partition_of(record.key, partitions) if record.topic != CATALOG else 0
        offset = next_offset.get((record.topic, partition), 0)
        next_offset[record.topic, partition] = offset + 1
        yield SourceRecord(
            record.topic, partition, offset, record.timestamp_ms, record.key, record.value,
            record.headers,
        )  # fmt: skip


@lru_cache(maxsize=100_000)
def partition_of(key: bytes | None, partitions: int) -> int:
    """Return the partition of a key as Kafka's default partitioner chooses it; null: the first."""
    return 0 if key is None else (murmur2(key) & 0x7FFFFFFF) % partitions


def _segments(
    records: Iterable[SourceRecord], epoch_ms: int
) -> Iterator[tuple[int, list[SourceRecord]]]:
    """Cut the log at multiples of ``epoch_ms``: pairs of (end, records before it)."""
    segment: list[SourceRecord] = []
    until_ms = 0
    for record in records:
        if segment and record.timestamp_ms >= until_ms:
            yield until_ms, segment
            segment = []
        if not segment:
            until_ms = (record.timestamp_ms // epoch_ms + 1) * epoch_ms
        segment.append(record)
    if segment:
        yield until_ms, segment


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
    for records in by_partition.values():
        records.sort(key=lambda r: (r.timestamp_ms, MERGE_ORDER.index(r.topic), r.offset))
    return by_partition, catalog


def _sum(many: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in many:
        for name, n in counts.items():
            total[name] = total.get(name, 0) + n
    return dict(sorted(total.items()))
