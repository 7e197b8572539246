"""The consumer's thread: fetches records together with the exact offsets they cover.

Touches aiokafka's fetcher (private names) and nothing else does; `tests/engine/test_contract.py`
fails when they change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka.consumer.fetcher import FetchResult
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from schemas.tables import SourceRecord
from streams.engine.merge import Slice

GATHER_BYTES, GATHER_MS = 1 << 20, 10
"""While events flow the broker gathers so much, or for so long, what goes into one answer.

It would otherwise answer for every record that comes, and each answer costs both sides half a
millisecond. A fetch on quiet topics is answered at the first record.
"""
IDLE_S, IDLE_WAIT_MS = 1.0, 500
"""Once no record has come for a second, none waits for another topic: a fetch may last longer then."""


class FetchThread(AIOKafkaConsumerThread):
    """Fetches `Slice` per partition instead of bare records."""

    _waiter: asyncio.Future[None] | None = None
    _flowed_s = 0.0

    def wake(self) -> None:
        """End a wait for records, if one is on: something else can be done (any thread)."""
        self.thread_loop.call_soon_threadsafe(self._end_wait)

    def _end_wait(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _create_worker_consumer(self, transport: Any) -> Any:
        """Faust waits 1,500 ms in a fetch; with one fetch in flight per broker that starves
        a topic that lags behind another.
        """
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.app.options.fetch_wait_ms
        return consumer

    async def _highwaters(self, partitions: list[Any]) -> dict[Any, int]:
        """Ask the broker: before the first fetch aiokafka's own idea of the end is -1."""
        ends: dict[Any, int] = await self._ensure_consumer().end_offsets(partitions)
        return ends

    async def seek_to_committed(self) -> dict[Any, int | None]:
        """Seek; aiokafka stays where it is if nothing was ever committed: go to the beginning."""
        committed: dict[Any, int | None] = await super().seek_to_committed()
        for tp, offset in committed.items():
            if not offset and tp.topic in self.app.options.topics:
                await self.call_thread(self.seek_to, tp, 0)
        return committed

    async def committed(self, tps: Sequence[Any]) -> dict[Any, int]:
        """Return the group's offsets; runs in this thread (`call_thread`)."""
        consumer = self._ensure_consumer()
        found = {tp: await consumer.committed(tp) for tp in tps}
        return {tp: at for tp, at in found.items() if at is not None and at >= 0}

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> dict[Any, Slice]:
        """Return what the wanted partitions have; wait at most ``timeout`` seconds for it.

        Unlike aiokafka's own it asks again on each turn which partitions are wanted (Faust passes
        a live set, and an empty set means "all" there), and limits records per partition.
        """
        fetcher = consumer._fetcher
        deadline_s = time.monotonic() + (timeout or 0)
        with fetcher._subscriptions.fetch_context():
            while self.consumer.flow_active:
                if consumer._closed or fetcher._closed:
                    raise ConsumerStoppedError
                if fetcher._subscriptions.reassignment_in_progress:
                    await fetcher._subscriptions.wait_for_assignment()
                slices = self._drain(fetcher, max_records)
                left_s = deadline_s - time.monotonic()
                if slices or left_s <= 0 or not await self._wait_for_records(fetcher, left_s):
                    self._gather(fetcher, flowing=bool(slices))
                    return slices
        return {}

    def _gather(self, fetcher: Any, flowing: bool) -> None:
        """Tell the next fetch how long the broker may gather before it answers."""
        now_s = time.monotonic()
        if flowing:
            self._flowed_s = now_s
        quiet_ms = self.app.options.fetch_wait_ms
        if now_s - self._flowed_s > IDLE_S:
            quiet_ms = max(quiet_ms, IDLE_WAIT_MS)
        fetcher._fetch_min_bytes = GATHER_BYTES if flowing else 1
        fetcher._fetch_max_wait_ms = GATHER_MS if flowing else quiet_ms

    async def _wait_for_records(self, fetcher: Any, timeout_s: float) -> bool:
        """Return whether records may have come."""
        arrival = fetcher._create_fetch_waiter()
        self._waiter = asyncio.get_running_loop().create_future()
        await asyncio.wait(
            [arrival, self._waiter], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        arrived = arrival.done()
        arrival.cancel()
        self._waiter = None
        return bool(arrived)

    def _drain(self, fetcher: Any, max_records: int | None) -> dict[Any, Slice]:
        wanted = self.consumer.wanted_partitions()
        slices: dict[Any, Slice] = {}
        for tp in list(fetcher._records):
            if tp not in wanted:
                if not fetcher._subscriptions.is_assigned(tp):
                    del fetcher._records[tp]
            elif type(fetcher._records[tp]) is FetchResult:
                piece = self._take(fetcher, tp, max_records)
                if piece is not None:
                    slices[tp] = piece
            elif not slices:
                _discard(fetcher, tp).check_raise()
        return slices

    def _take(self, fetcher: Any, tp: Any, max_records: int | None) -> Slice | None:
        result = fetcher._records[tp]
        unread, assignment = result._partition_records, result._assignment
        start = None if unread is None else unread.next_fetch_offset
        position = assignment.state_value(tp)._position if assignment.active else None
        if start is None or position != start:  # fetched before a seek or a rebalance
            _discard(fetcher, tp)
            return None
        unread._consumer_record = _source_record
        records = result.getall(max_records)
        if not result.has_more():
            _discard(fetcher, tp)
        state, seek = assignment.state_value(tp), self.consumer.seeks[tp]
        return Slice(records, start, state._position, seek, state.timestamp or 0)

    def seek_to(self, tp: Any, offset: int) -> None:
        """Read a partition from ``offset`` on; runs in this thread (`call_thread`), so that the
        new seek and the new position appear to a fetch at once.
        """
        consumer = self._ensure_consumer()
        if consumer._subscription.is_assigned(tp):
            self.consumer.note_seek(tp)
            consumer._fetcher.seek_to(tp, offset)

    def at_end(self, tp: Any, since_ms: int = 0) -> bool:
        """Whether a fetch answered at ``since_ms`` or later reached the end that readers may see.

        Topics on different brokers are fetched apart: that one is at its end says little if it
        was last asked before the others' data came.
        """
        state = self._state(tp)
        if state is None or state.timestamp is None or state._position is None:
            return False
        stable = state.lso if state.lso is not None and state.lso >= 0 else state.highwater
        return stable is not None and state._position >= stable and state.timestamp >= since_ms

    def fetched_to(self, tp: Any) -> int | None:
        """The offset that is fetched next, None: not known yet."""
        state = self._state(tp)
        position: int | None = None if state is None else state._position
        return position

    def _state(self, tp: Any) -> Any:
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        return assignment.state_value(tp) if assignment and tp in assignment.tps else None


def _discard(fetcher: Any, tp: Any) -> Any:
    """Remove a partition's fetched data, so that the fetcher asks for more."""
    result = fetcher._records.pop(tp)
    fetcher._notify(fetcher._wait_consume_future)
    return result


def _source_record(tp: Any, record: Any) -> SourceRecord:
    """Stands in for `PartitionRecords._consumer_record`: one object a record, not three."""
    headers = record.headers
    return SourceRecord(
        tp.topic,
        tp.partition,
        record.offset,
        record.timestamp or 0,
        record.key,
        record.value,
        tuple((name, value or b"") for name, value in headers) if headers else (),
    )
