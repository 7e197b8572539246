"""The one learner of a deployment: signals in, numbered epochs out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import msgspec
from aiokafka.errors import KafkaError
from mode import Service
from msgspec.structs import replace

from schemas.globals import Epoch, EpochHead, Signals, Snapshot, epoch_number, read_head
from schemas.parts import MOST_BYTES, Collector, PartError
from schemas.state import NEVER_MS
from streams.engine.client import Tail, transactional_producer
from streams.engine.knowledge import EPOCH
from streams.engine.lineage import of_lineage, read_publisher
from streams.engine.publishing import Place, publish
from streams.engine.schedule import Schedule
from streams.engine.skipped import Skipped
from streams.engine.snapshots import read_newest
from streams.settings import Settings
from streams.shared.blame import NEVER_THE_INPUT, blamed
from streams.shared.times import LAST_MS

IDLE_S = 0.5
"""Pause between looks at whether this worker is the one that learns."""
PAUSE_S = 0.1
"""Pause between reads: epochs are minutes apart, and to wake up for each transaction costs more."""
AGAIN_S = 10.0
"""Pause before the learner starts over after something nobody foresaw."""

_DECODER = msgspec.msgpack.Decoder(Signals)

Put = Callable[[Epoch, Snapshot], Awaitable[None]]
"""Writes an epoch where everybody reads it, and what was known then, both whole or not at all."""
Told = list[tuple[Any, Signals]]
"""Records (aiokafka's) with what they say."""


class Learns(Protocol):
    """What `streams.learner.learner.Learner` does."""

    def check(self, signals: Signals) -> None:
        """Raise what `absorb` would raise, change nothing."""
        ...

    def absorb(self, signals: Signals) -> None:
        """Take in the facts of one batch."""
        ...

    def left_out(self) -> list[str]:
        """Return and forget what could not be counted or told since this was asked last."""
        ...

    def hear(self, changes: Any) -> None:
        """Take in what changed in the catalogue."""
        ...

    made_with: str
    """What another must be made with to go on from its state."""

    def dump(self) -> bytes:
        """Return all it knows."""
        ...

    def load(self, state: bytes) -> None:
        """Go on from what another's `dump` returned."""
        ...

    def known(self) -> Any:
        """Return the items whose records it wants to read."""
        ...

    def read(self, shelf: Any) -> None:
        """Take in records of the catalogue."""
        ...

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        """Return the knowledge gained so far."""
        ...


class LearnerService(Service):
    """Learns on the worker that owns partition 0 of the clicks, nowhere else.

    It starts from the snapshot that came with the newest epoch and the signals since, so what it
    publishes does not depend on where it runs; its transactional id fences an older learner.
    """

    def __init__(
        self,
        app: Any,
        settings: Settings,
        make_learner: Callable[[], Learns],
        catalog_version: Callable[[], int],
        news: Callable[[int | None], Awaitable[Any]],
        shelf: Callable[[Any, int], Awaitable[Any]],
        **kwargs: Any,
    ) -> None:
        self._app = app
        self._settings = settings
        self._make_learner = make_learner
        self._catalog_version = catalog_version
        self._news = news
        self._shelf = shelf
        super().__init__(**kwargs)
        self.skipped = Skipped(self.log.warning)
        self.unmade = 0
        """Epochs that could not be made."""

    def _is_mine(self) -> bool:
        return not self.should_stop and 0 in self._app.consumer.owned()

    @Service.task
    async def _work(self) -> None:
        while not self.should_stop:
            await self.sleep(IDLE_S)
            if self._is_mine() and self._app.engine.ready.is_set():
                try:
                    await self._learn()
                except (KafkaError, *NEVER_THE_INPUT) as error:
                    self.log.warning("Learner starts over: %r", error)
                except BaseException as error:
                    self.log.warning("Learner starts over: %s", blamed(error))
                    await self.sleep(AGAIN_S)

    async def _learn(self) -> None:
        producer = transactional_producer(self._settings, f"{self._settings.app_id}-learner")
        tail = Tail(self._settings, self._settings.topic("signals"))
        try:
            await producer.start()
            schedule, epochs = await self._read_schedule()
            snapshots, newest = await read_newest(self._settings, self.skipped)
            learner, start = await asyncio.to_thread(self._restored, newest)
            publisher = await read_publisher(self._settings)
            mine = self._settings.app_id
            first = mine if publisher is None else publisher.first
            await tail.start()
            if start is not None:
                schedule.resume(start.holds_from_ms, start.since)
                self.skipped.counts[self._settings.topic("signals")] = start.skipped
                tail.seek(self._settings.topic("signals"), start.next_offset)
            schedule.told_ms = schedule.holds_from_ms
            put = partial(self._put, producer, epochs, snapshots)
            self.log.info("Learning; newest epoch is %s", schedule.holds_from_ms)
            while self._is_mine():
                records = of_lineage(await tail.read(timeout_ms=1_000), mine, first)
                await self._take(records, learner, schedule, put)
                await self.sleep(PAUSE_S)
        finally:
            await tail.stop()
            await producer.stop()

    def _restored(self, newest: Snapshot | None) -> tuple[Learns, Snapshot | None]:
        """Return a learner, and the snapshot that it goes on from, if it can."""
        learner = self._make_learner()
        if newest is None:
            return learner, None
        if newest.made_with != learner.made_with:
            self.log.warning("The snapshot was made with other settings: all signals are read")
            return learner, None
        try:
            learner.load(newest.state)
        except BaseException as error:
            self.log.warning("The snapshot is none: %s: all signals are read", blamed(error))
            return self._make_learner(), None
        return learner, newest

    async def _read_schedule(self) -> tuple[Schedule, Place]:
        """Return what was published, and where it lies."""
        schedule, epochs = Schedule(self._settings.epoch_ms), Collector(EPOCH)
        topic = self._settings.topic("globals")
        tail = Tail(self._settings, topic)
        try:
            await tail.start()
            while not await tail.is_caught_up():
                for record in await tail.read(timeout_ms=200):
                    if (head := _head(epochs, record)) is not None:
                        schedule.published(head.holds_from_ms, head.since)
        finally:
            await tail.stop()
        return schedule, Place(topic, EPOCH, epochs)

    async def _take(
        self, records: list[Any], learner: Learns, schedule: Schedule, put: Put
    ) -> None:
        """Learn beside the loop: on it, a chunk would hold up heartbeats and transactions."""
        waiting: Told = []
        for record, signals in await asyncio.to_thread(self._usable, records, learner):
            schedule.read_to(record.offset, signals.back_ms)
            holds_from_ms = schedule.due(signals.stream_ms)
            if holds_from_ms is not None:
                await asyncio.to_thread(self._absorb, learner, waiting)
                waiting = []
                await self._publish(put, learner, schedule, holds_from_ms, record.offset)
            waiting.append((record, signals))
        await asyncio.to_thread(self._absorb, learner, waiting)

    def _usable(self, records: list[Any], learner: Learns) -> Told:
        """Return what the records say; one that says nothing usable moves no time either."""
        told: Told = []
        for record in records:
            try:
                signals = _DECODER.decode(record.value or b"")
                learner.check(signals)
            except BaseException as error:  # a panic of Rust code is no Exception
                self.skipped.note(record, f"no signals: {blamed(error)}")
            else:
                told.append((record, signals))
        return told

    def _absorb(self, learner: Learns, told: Told) -> None:
        for record, signals in told:
            try:
                learner.absorb(signals)
            except BaseException as error:
                self.skipped.note(record, blamed(error))
            for sentence in learner.left_out():
                self.skipped.note(record, f"up to here {sentence}")

    async def _publish(
        self,
        put: Put,
        learner: Learns,
        schedule: Schedule,
        holds_from_ms: int,
        next_offset: int,
    ) -> None:
        try:
            epoch = await self._make(learner, schedule, holds_from_ms)
            state = await asyncio.to_thread(learner.dump)
        except KafkaError:
            raise
        except BaseException as error:
            told = blamed(error)
            self.unmade += 1
            self.log.warning("No epoch at %d: %s", holds_from_ms, told)
            return
        made_with = learner.made_with
        await put(
            epoch,
            Snapshot(
                made_with=made_with, holds_from_ms=holds_from_ms, next_offset=next_offset,
                state=state, since=schedule.since,
                skipped=self.skipped.counts[self._settings.topic("signals")],
            ),
        )  # fmt: skip
        schedule.published(holds_from_ms, schedule.since)
        schedule.told_ms = NEVER_MS

    async def _put(
        self, producer: Any, epochs: Place, snapshots: Place, epoch: Epoch, snapshot: Snapshot
    ) -> None:
        encode = msgspec.msgpack.encode
        values = [(epochs, await asyncio.to_thread(encode, epoch))]
        whole = await asyncio.to_thread(encode, snapshot)
        if len(whole) <= MOST_BYTES:
            values.append((snapshots, whole))
        else:
            self.log.warning("A snapshot of %d bytes is too large: none is kept", len(whole))
        await publish(producer, epoch.number, values)

    async def _make(self, learner: Learns, schedule: Schedule, holds_from_ms: int) -> Epoch:
        version = self._catalog_version()
        learner.hear(await self._news(schedule.told_ms))
        known = await asyncio.to_thread(learner.known)
        learner.read(await self._shelf(known, holds_from_ms))
        number = epoch_number(holds_from_ms)
        epoch = await asyncio.to_thread(learner.epoch, number, holds_from_ms, version)
        for sentence in learner.left_out():
            self.log.warning("Epoch at %d: %s", holds_from_ms, sentence)
        return replace(epoch, since=schedule.since)


def _head(epochs: Collector, record: Any) -> EpochHead | None:
    """Return the head of the epoch that a record completes; `KnowledgeReader` names what is none."""
    try:
        head = read_head(epochs.take(record.key, record.value))
    except PartError:
        return None
    return head if head is not None and head.holds_from_ms <= LAST_MS else None
