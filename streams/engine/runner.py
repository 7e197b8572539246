"""Runs a processor over the merged batches: check, process, commit, and only then apply."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from aiokafka.structs import TopicPartition

from streams.engine import portions, progress, recovery
from streams.engine.beginning import first_rows
from streams.engine.catalogue_lag import CatalogueLag
from streams.engine.consumer import BatchMessage
from streams.engine.deciding import Deciding
from streams.engine.ending import Ending
from streams.engine.intake import Intake, intake
from streams.engine.log_check import checked_offsets, refuse_lost
from streams.engine.merge import Slice
from streams.engine.options import Options
from streams.engine.partition import Partition
from streams.engine.processor import Processor
from streams.engine.progress import Progress
from streams.engine.store import PartitionStore, StateTable
from streams.engine.transactions import AbortedError, FatalError
from streams.engine.trial import Trial
from streams.state.store import MARKER, Effects, UndecidedError, Work

logger = logging.getLogger(__name__)

MOST_ABORTS = 10
"""Clean aborts of one batch in a row after which the worker gives up: it will never succeed."""
LONGEST_PAUSE_S = 5.0
"""Between two tries of a batch that cannot be decided: a rebalance waits for the pause to end."""
IDLE_S, STOP_S = 1.0, 10.0
"""How long to wait for batches at work before looking again, and at shutdown."""


class Engine:
    """Owns the partitions' state; processes their batches one after the other, each exactly once.

    Batches run in tasks of their own: cancelling the agent cannot part commit from apply.
    """

    def __init__(self, app: Any, table: StateTable, processor: Processor, options: Options) -> None:
        self._app = app
        self._table = table
        self._options = options
        self._partitions: dict[int, Partition] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.crash = Ending(app).crash
        self.deciding = Deciding(processor, lambda: len(self._tasks))
        self.ready = asyncio.Event()
        """Nothing is processed before this is set."""
        self.catalogue_lag = CatalogueLag(options.merge_wait_ms / 1000)
        self.beginnings: dict[int, dict[str, int]] = {}
        """Where the past ends of partitions that had no local state when they were assigned."""
        self.halted = ""
        """Why nothing more is taken in, one sentence; empty: it is."""

    def halt(self, sentence: str) -> None:
        """Take in nothing more, and say why once; the worker lives on, so that it can be asked."""
        if not self.halted:
            logger.critical("Nothing more is taken in: %s", sentence)
        self.halted = self.halted or sentence

    # -- batches

    def submit(self, message: BatchMessage) -> None:
        """Process a batch in the background."""
        task = asyncio.ensure_future(self._run(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until no batch is at work; a worker that stops waits for ``STOP_S`` seconds."""
        while self._tasks:
            stopping = self._app.should_stop
            await asyncio.wait(set(self._tasks), timeout=STOP_S if stopping else IDLE_S)
            if stopping and self._tasks:
                logger.error("Stopping with %d batches unfinished", len(self._tasks))
                self._app.consumer.transactions.dead = True
                return

    def forget(self) -> None:
        """Forget the partitions: after a rebalance their state is read afresh."""
        self._partitions.clear()

    async def _run(self, message: BatchMessage) -> None:
        try:
            await self._wait_until_ready()
            if self._is_current(message):
                partition = self.partition(message.partition)
                async with partition.lock:
                    await self._accept(message, partition)
        except FatalError as error:
            logger.critical("Batch given up: %s", error)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # a panic of Rust code is no Exception
            await self.crash(error)
        finally:
            self.deciding.midway.leave(message.partition)
            self._app.consumer.done(message.partition)

    async def _wait_until_ready(self) -> None:
        while not self.ready.is_set() and self._app.consumer.flow_active:
            await asyncio.wait([asyncio.ensure_future(self.ready.wait())], timeout=0.1)

    def _is_current(self, message: BatchMessage) -> bool:
        """Whether nothing has happened since the batch was fetched that makes it stale."""
        consumer = self._app.consumer
        return (
            self.ready.is_set()
            and consumer.flow_active
            and message.generation_id == self._app.consumer_generation_id
            and consumer.transactions.owns(message.partition)
            and all(
                covered.seek == consumer.seeks[TopicPartition(topic, message.partition)]
                for topic, covered in message.batch.ranges.items()
            )
        )

    async def _accept(self, message: BatchMessage, partition: Partition) -> None:
        number = message.partition
        if not self._is_current(message):
            return
        if not partition.checked:
            await self._check_log(number, partition)
        if number in self.beginnings and not await self._begin(number, partition):
            return
        fresh = intake(message.batch, partition.progress.next)
        if fresh.gaps:
            logger.warning("Partition %d: offsets are missing before %s", number, fresh.gaps)
            partition.checked = False
            await self.rewind(number)
            return
        await partition.trial.begin(partition.progress.next)
        left: Intake | None = fresh
        while left is not None and self._is_current(message):
            left = await self._process(number, partition, left)

    async def _begin(self, number: int, partition: Partition) -> bool:
        """Commit where the past of a partition ends, if it has no state; False: that was aborted."""
        if partition.store.get_many([MARKER]) == [None]:
            changelog = TopicPartition(self._table.changelog_topic_name, number)
            at = {topic: partition.progress.next.get(topic, 0) for topic in self._options.topics}
            rows = first_rows(self.beginnings[number])
            try:
                async with self._app.consumer.transactions.begun(changelog, at) as transaction:
                    last = await transaction.commit(rows, [], at)
            except AbortedError as error:
                await self._after_abort(number, partition, error)
                return False
            self._table.data.write(number, rows.items(), last, saved_s=time.time())
            partition.store.apply(rows)
        del self.beginnings[number]
        return True

    async def _process(self, number: int, partition: Partition, fresh: Intake) -> Intake | None:
        """Commit the first portion of what is new; return the rest, None: that was all, or aborted."""
        changelog = TopicPartition(self._table.changelog_topic_name, number)
        contained, began_s = partition.progress.next, time.monotonic()
        most = 1 if partition.trial.alone else partition.pace.records
        most = portions.fitting(fresh.records, most)
        asked = portions.first(fresh, most, contained)
        try:
            async with self._app.consumer.transactions.begun(changelog, asked.ends) as transaction:
                effects = await self._effects(
                    partition, Work(number, partition.store, asked.records)
                )
                done = portions.first(asked, len(asked.records) - effects.left, contained)
                after = self._advance(partition.progress, done, effects)
                rows = {**effects.rows, progress.KEY: progress.pack(after)}
                last = await transaction.commit(rows, effects.outputs, done.ends)
        except AbortedError as error:
            partition.pace.aborted(len(asked.records), time.monotonic() - began_s)
            await self._after_abort(number, partition, error)
            return None
        except UndecidedError as error:
            await self._pause(number, partition, error)
            return None
        self._table.data.write(number, rows.items(), last, saved_s=time.time())
        partition.store.apply(rows)
        partition.progress, partition.aborts, partition.pauses = after, 0, 0
        if MARKER in rows:
            partition.marked = progress.marked(rows[MARKER])
        partition.done_s = time.monotonic()
        partition.pace.took(len(done.records), partition.done_s - began_s)
        return portions.after(fresh, len(done.records))

    async def _effects(self, partition: Partition, work: Work) -> Effects:
        """Offsets may move on without records: over gaps and aborted transactions."""
        if not work.records:
            return Effects()
        if not partition.trial.alone:
            return await self.deciding.effects(work)
        async with self.deciding.alone() as decide:
            return await partition.trial.decide(partition.progress.next, work, decide)

    def _advance(self, before: Progress, fresh: Intake, effects: Effects) -> Progress:
        after = progress.advance(before, fresh.ends)
        stream_ms = progress.marked(effects.rows.get(MARKER)).stream_ms
        if stream_ms is None:
            return after
        is_back = before.stream_ms is not None and stream_ms < before.stream_ms
        if is_back or any(r.topic != self._options.ticks for r in fresh.records):
            after.stream_ms, after.broker_ms = stream_ms, self._app.clock.told()
        return after

    async def _after_abort(self, number: int, partition: Partition, error: AbortedError) -> None:
        partition.aborts += 1
        logger.error("Partition %d: aborted %d time(s): %s", number, partition.aborts, error)
        if partition.aborts >= MOST_ABORTS:
            raise RuntimeError(f"partition {number}: a batch cannot be committed") from error
        await asyncio.sleep(min(0.1 * 2**partition.aborts, 5.0))
        await self.rewind(number)

    async def _pause(self, number: int, partition: Partition, error: UndecidedError) -> None:
        """Try again later, for as long as it takes; the other partitions go on."""
        partition.pauses += 1
        if partition.pauses == 1:
            logger.error("Partition %d pauses and tries again and again: %s", number, error)
        await asyncio.sleep(min(0.1 * 2**partition.pauses, LONGEST_PAUSE_S))
        await self.rewind(number)

    # -- state

    def partition(self, number: int) -> Partition:
        """Return what is kept of a partition, read from its state if need be."""
        if number not in self._partitions:
            store = PartitionStore(lambda: self._table.data.database(number), self._cache_bytes)
            row = self._table.data.database(number).get(progress.KEY)
            (marker,) = store.get_many([MARKER])
            trial = Trial(number, self._app.starts)
            known = progress.unpack(row), trial, progress.marked(marker)
            self._partitions[number] = Partition(store, *known)
        return self._partitions[number]

    def _cache_bytes(self) -> int:
        return self._options.cache_bytes // max(len(self._partitions), 1)

    def stream_ms(self, number: int) -> int | None:
        """Return a partition's stream time, milliseconds UTC; None: no event yet."""
        return self.partition(number).marked.stream_ms

    async def quiet(self, pause_s: float) -> list[int]:
        """Return the partitions without lag whose last batch was ``pause_s`` seconds ago."""
        consumer, now_s = self._app.consumer, time.monotonic()
        if self._app.rebalancing or self._app.in_recovery or not self.ready.is_set() or self.halted:
            return []
        still = [
            number
            for number in consumer.owned()
            if consumer.transactions.owns(number)
            and now_s - self.partition(number).done_s >= pause_s
            and consumer.is_quiet(number)
        ]
        return [number for number in still if not await self._reread_lost(number)]

    async def _reread_lost(self, number: int) -> bool:
        """Read a quiet partition again if more was fetched than its state contains, at two looks in a row.

        At one look alone it may be on its way from the fetch to the merger.
        """
        partition, reached = self.partition(number), self._app.consumer.reached(number)
        lost = _beyond(reached, partition.progress.next)
        if lost and not partition.checked:  # the beginning may have been deleted
            await self._check_log(number, partition)
            lost = _beyond(reached, partition.progress.next)
        seen, partition.beyond = partition.beyond, lost
        if lost and lost == seen:
            logger.warning("Partition %d: fetched to %s, but not processed", number, lost)
            await self.rewind(number)
        return bool(lost)

    async def restore(self, tp: Any, piece: Slice) -> bool:
        """Take a piece of the changelog over into the local state, unless rows before it miss."""
        consumer, done = self._app.consumer, self.restored(tp)
        if piece.seek != consumer.seeks[tp]:
            return False
        if piece.start > done + 1:
            earliest = await consumer.earliest_offsets(tp)
            if piece.start > earliest[tp]:
                logger.warning("%s: rows %d to %d are missing", tp, done + 1, piece.start - 1)
                await consumer.rewind({tp: done + 1})
                return False
        recovery.restore(self._table.data, tp.partition, piece, time.time())
        return True

    def restored(self, tp: Any) -> int:
        """Return the last offset of a changelog that the local state contains."""
        offset: int = self._table.data.restored_offset(tp.partition)
        return offset

    def topic_ids(self, tp: Any) -> dict[str, bytes]:
        """Return the ids of the changelog and the topics that its local state has records of."""
        database = self._table.data.database(tp.partition)
        contained = {tp.topic, *progress.unpack(database.get(progress.KEY)).next}
        ids = self._table.data.topic_ids(tp.partition)
        return {topic: ids[topic] for topic in ids.keys() & contained}

    def note_topic_ids(self, tp: Any, ids: Mapping[str, bytes]) -> None:
        """Keep the ids of topics beside a changelog's local state."""
        self._table.data.note_topic_ids(tp.partition, ids)

    async def rewind(self, number: int) -> None:
        """Read a partition's topics again from where its state ends."""
        at = self.partition(number).progress.next
        topics = self._options.topics
        await self._app.consumer.rewind({TopicPartition(t, number): at.get(t, 0) for t in topics})

    async def _check_log(self, number: int, partition: Partition) -> None:
        tps = [TopicPartition(topic, number) for topic in self._options.topics]
        starts = await self._app.consumer.earliest_offsets(*tps)
        ends = await self._app.consumer.highwaters(*tps)
        committed = await self._app.consumer.committed_offsets(*tps)
        changelog = TopicPartition(self._table.changelog_topic_name, number)
        refuse_lost(changelog, partition.progress.next, committed)
        partition.progress.next = checked_offsets(partition.progress.next, starts, ends)
        partition.checked = True


def _beyond(reached: dict[str, int], contained: dict[str, int]) -> dict[str, int]:
    """The topics that were read further than the state goes."""
    return {topic: at for topic, at in reached.items() if at > contained.get(topic, 0)}
