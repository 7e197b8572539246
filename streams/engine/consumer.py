"""The Faust consumer that turns fetched records into one message per merged micro-batch."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from itertools import count
from typing import Any

from aiokafka.structs import TopicPartition
from faust.transport.drivers.aiokafka import Consumer
from faust.types import ConsumerMessage

from streams.engine.ahead import is_ahead, judged
from streams.engine.fetch import FetchThread
from streams.engine.merge import Batch, Merger, Slice

HELD_BATCHES = 2
"""A topic partition is fetched no further while it holds this many batches' worth of records."""
HELD_BYTES = 16 * 1024 * 1024
"""Nor while it holds so much: any client may send the largest records that a topic takes."""
WAIT_BUSY_S, WAIT_IDLE_S = 0.02, 0.5
"""Longest wait in a fetch; shorter while records wait for a topic that lags."""


class BatchMessage(ConsumerMessage):
    """One merged micro-batch of a partition, as the agent receives it."""

    __slots__ = ("batch",)
    batch: Batch


class BatchConsumer(Consumer):
    """Merges the co-partitioned topics, and releases one batch a partition at a time.

    Trusts no offset but the fetcher's (what was fetched) and the state's (what is contained); those
    that Faust keeps beside them play no part. ``seeks`` counts each partition's seeks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._tick = count()
        self._mergers: dict[int, Merger] = {}
        self._in_flight: set[int] = set()
        self._seek_due = False
        self.seeks: dict[Any, int] = defaultdict(int)
        super().__init__(*args, **kwargs)
        self._options = self.app.options

    def _new_consumer_thread(self) -> FetchThread:
        return FetchThread(self, loop=self.loop, beacon=self.beacon)

    # -- seeking

    def note_seek(self, tp: Any) -> None:
        """Make everything stale that was fetched from a partition so far."""
        self.seeks[tp] = next(self._tick) + 1

    def _forget(self, tps: Collection[Any] | None = None) -> None:
        for tp in self._merged_partitions() if tps is None else tps:
            self.note_seek(tp)
            if tp.partition in self._mergers:
                self._mergers[tp.partition].forget(tp.topic)

    def resume_flow(self) -> None:
        """Faust has just emptied the streams' queues: fetch what was in them again.

        The seek itself waits for the fetching task (`getmany`): Faust's own runs beside fetches
        that already advance, and loses what those return.
        """
        super().resume_flow()
        self._mergers.clear()
        self._in_flight.clear()
        self._forget()
        self._seek_due = True

    async def rewind(self, offsets: dict[Any, int]) -> None:
        """Read partitions again, from the offsets their state contains."""
        self._forget(offsets)
        for tp, offset in offsets.items():
            await self._thread.call_thread(self._thread.seek_to, tp, offset)

    async def _seek_if_due(self) -> None:
        if not (self._seek_due and self.flow_active):
            return
        self._seek_due = False
        try:
            await self.perform_seek()
        except Exception as error:
            self.log.warning("Cannot seek yet: %r", error)
            self._seek_due = True
            await asyncio.sleep(WAIT_IDLE_S)
        self._forget()

    async def position(self, tp: Any) -> int | None:
        """Faust asks this of changelogs that seem to have only aborted transactions left.

        What counts is what the local state has. If more was fetched it got lost: read it again.
        """
        fetched: int | None = await super().position(tp)
        if tp.topic in self._options.topics or fetched is None:
            return fetched
        restored: int = self.app.engine.restored(tp)
        if fetched > restored + 1:
            self.log.warning("%r was fetched to %d, kept to %d: again", tp, fetched, restored)
            await self.rewind({tp: restored + 1})
        return restored

    async def committed_offsets(self, *tps: Any) -> dict[Any, int]:
        """Return what the group has committed; a partition without an offset is left out."""
        found: dict[Any, int] = await self._thread.call_thread(self._thread.committed, tps)
        return found

    # -- fetching, merging, releasing

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        """Yield (topic partition, message): batches to process, changelog progress to note."""
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        await self._seek_if_due()
        generation = self.app.consumer_generation_id
        slices = await self._fetch(self._patience(timeout))
        for tp, piece in slices.items():
            if not self._is_current(generation):
                return  # a rebalance: everything is sought again after it
            if tp.topic in self._options.topics:
                await self._hold(tp, piece)
            elif await self.app.engine.restore(tp, piece):
                yield tp, self._recovered(tp, piece)
        for partition in sorted(self._mergers):
            if self._is_current(generation) and not self._seek_due and not self.app.in_recovery:
                batch = self._release(partition)
                if batch is not None:
                    yield self._message(partition, batch)

    async def _fetch(self, timeout_s: float) -> dict[Any, Slice]:
        active = self._get_active_partitions()
        if not active:
            await self.sleep(WAIT_BUSY_S)  # Faust's own waits a second, and the start with it
            return {}
        slices: dict[Any, Slice] | None = await self._getmany(active, timeout_s)
        return slices or {}

    def _is_current(self, generation: int) -> bool:
        return (
            self.flow_active
            and not self.should_stop
            and generation == self.app.consumer_generation_id
        )

    def _patience(self, timeout_s: float) -> float:
        busy = any(merger and p not in self._in_flight for p, merger in self._mergers.items())
        return WAIT_BUSY_S if busy else min(timeout_s, WAIT_IDLE_S)

    async def _hold(self, tp: Any, piece: Slice) -> None:
        if not await self._judge(piece) or piece.seek != self.seeks[tp]:
            return
        merger = self._mergers.get(tp.partition)
        if merger is None:
            merger = self._mergers[tp.partition] = Merger(
                self._options.topics, self._options.merge_wait_ms / 1000
            )
        if not merger.add(tp.topic, piece):
            self.log.warning("Offsets of %r do not join at %d: reading again", tp, piece.start)
            await self.app.engine.rewind(tp.partition)

    async def _judge(self, piece: Slice) -> bool:
        """Refuse what is from the future; False: the broker's time is not known any more."""
        known_ms = self.app.clock.told()
        if known_ms is None or any(is_ahead(record, known_ms) for record in piece.records):
            now_ms = await self.app.clock.now()
            if now_ms is None:
                return False
            piece.records = judged(piece.records, now_ms)
        return True

    def _recovered(self, tp: Any, piece: Slice) -> ConsumerMessage:
        """Tell Faust how far the changelog has been taken over; it needs no rows."""
        self._read_offset[tp] = None
        return ConsumerMessage(
            tp.topic, tp.partition, piece.end - 1, time.time(), 0, (), None, None, None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    def _release(self, partition: int) -> Batch | None:
        if partition in self._in_flight or self.app.engine.halted:
            return None  # what comes meanwhile makes the next batch: fewer transactions
        if self.app.engine.catalogue_lag.holds_up(time.monotonic()):
            return None
        merger, group = self._mergers[partition], self._group(partition)
        ended = {tp.topic for tp in group if self._thread.at_end(tp, merger.seen_ms())}
        return merger.release(time.monotonic(), ended, self._options.batch_records)

    def _message(self, partition: int, batch: Batch) -> tuple[Any, BatchMessage]:
        topic, covered = next(iter(batch.ranges.items()))
        tp = TopicPartition(topic, partition)
        message = BatchMessage(
            topic, partition, covered.start, time.time(), 0, (), None, b"", None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        message.batch = batch
        self._in_flight.add(partition)
        self._read_offset[tp] = None
        return tp, message

    # -- what the engine and the ticks ask

    def _group(self, partition: int) -> list[Any]:
        return [TopicPartition(topic, partition) for topic in self._options.topics]

    def _merged_partitions(self) -> list[Any]:
        return [tp for tp in self.assignment() if tp.topic in self._options.topics]

    def wanted_partitions(self) -> frozenset[Any]:
        """The active partitions that do not hold too much already (called by the thread)."""
        cap = HELD_BATCHES * self._options.batch_records
        full = {
            TopicPartition(topic, partition)
            for partition, merger in list(self._mergers.items())
            for topic in self._options.topics
            if merger.held(topic) >= cap or merger.held_bytes(topic) >= HELD_BYTES
        }
        return frozenset(self._active_partitions) - full

    def done(self, partition: int) -> None:
        """The partition's batch was committed or given up: the next one may go."""
        self._in_flight.discard(partition)
        if self._mergers.get(partition):
            self._thread.wake()

    def owned(self) -> list[int]:
        """Partitions this worker processes."""
        return sorted({tp.partition for tp in self._merged_partitions()})

    def is_quiet(self, partition: int) -> bool:
        """Whether everything of a partition has been read to its end and processed."""
        return (
            self.flow_active
            and not self._seek_due
            and partition not in self._in_flight
            and not self._mergers.get(partition)
            and all(self._thread.at_end(tp) for tp in self._group(partition))
        )

    def reached(self, partition: int) -> dict[str, int]:
        """Per topic the first offset that was not handed out for processing."""
        merger, found = self._mergers.get(partition), {}
        for tp in self._group(partition):
            at = merger.start(tp.topic) if merger is not None else None
            at = self._thread.fetched_to(tp) if at is None else at
            if at is not None:
                found[tp.topic] = at
        return found

    # -- Faust's own offsets play no part

    async def wait_empty(self) -> None:
        """Before a rebalance and at shutdown: let the batches at work finish."""
        await self.app.engine.idle()

    async def _commit(self, offsets: Any) -> bool:
        return True

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        return None
