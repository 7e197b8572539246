"""The one learner of a deployment: signals in, numbered epochs out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from aiokafka.errors import KafkaError
from mode import Service

from schemas.globals import Epoch, Signals
from schemas.state import NEVER_MS
from streams.engine.client import Tail, transactional_producer
from streams.engine.knowledge import EPOCH_KEY
from streams.settings import Settings

IDLE_S = 0.5
"""Pause between looks at whether this worker is the one that learns."""
PAUSE_S = 0.1
"""Pause between reads: epochs are minutes apart, and to wake up for each transaction costs more."""


class Learns(Protocol):
    """What `streams.learner.learner.Learner` does."""

    def absorb(self, signals: Signals) -> None:
        """Take in the facts of one batch."""
        ...

    def hear(self, changes: Any) -> None:
        """Take in what changed in the catalogue."""
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


@dataclass(slots=True)
class Schedule:
    """When epochs are due: at multiples of ``epoch_ms`` of the signals' stream time.

    ``number`` and ``holds_from_ms`` are the newest published epoch's; it is never published again.
    ``boundary_ms``: the multiple that the signals have passed. ``told_ms``: changes of the catalogue
    whose version is not later than this were told in an epoch already; None: no change is to be told.
    """

    epoch_ms: int
    number: int = 0
    holds_from_ms: int | None = None
    boundary_ms: int | None = None
    told_ms: int | None = None

    def published(self, number: int, holds_from_ms: int) -> None:
        """Note an epoch that is on the topic."""
        if number > self.number:
            self.number, self.holds_from_ms = number, holds_from_ms

    def due(self, stream_ms: int) -> int | None:
        """Return the time an epoch must hold from before a signal of ``stream_ms``, or None.

        The first signal starts the count: there is nothing to know before it.
        """
        boundary_ms = stream_ms - stream_ms % self.epoch_ms
        crossed = self.boundary_ms is not None and boundary_ms > self.boundary_ms
        self.boundary_ms = max(boundary_ms, self.boundary_ms or boundary_ms)
        is_new = self.holds_from_ms is None or boundary_ms > self.holds_from_ms
        return boundary_ms if crossed and is_new else None


class LearnerService(Service):
    """Learns on the worker that owns partition 0 of the clicks, nowhere else.

    It always starts from the beginning of `signals`, so what it publishes does not depend on
    where it runs; its transactional id fences an older learner.
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

    def _is_mine(self) -> bool:
        return not self.should_stop and 0 in self._app.consumer.owned()

    @Service.task
    async def _work(self) -> None:
        while not self.should_stop:
            await self.sleep(IDLE_S)
            if self._is_mine() and self._app.engine.ready.is_set():
                try:
                    await self._learn()
                except KafkaError as error:
                    self.log.warning("Learner starts over: %r", error)

    async def _learn(self) -> None:
        producer = transactional_producer(self._settings, f"{self._settings.app_id}-learner")
        tail = Tail(self._settings, self._settings.topic("signals"))
        try:
            await producer.start()
            schedule = await self._read_schedule()
            schedule.told_ms = schedule.holds_from_ms
            learner = self._make_learner()
            await tail.start()
            self.log.info("Learning; newest epoch is %d", schedule.number)
            while self._is_mine():
                await self._take(await tail.read(timeout_ms=200), learner, schedule, producer)
                await self.sleep(PAUSE_S)
        finally:
            await tail.stop()
            await producer.stop()

    async def _read_schedule(self) -> Schedule:
        schedule = Schedule(self._settings.epoch_ms)
        tail = Tail(self._settings, self._settings.topic("globals"))
        try:
            await tail.start()
            while not await tail.is_caught_up():
                for record in await tail.read(timeout_ms=200):
                    if record.key == EPOCH_KEY and record.value is not None:
                        epoch = msgspec.msgpack.decode(record.value, type=Epoch)
                        schedule.published(epoch.number, epoch.holds_from_ms)
        finally:
            await tail.stop()
        return schedule

    async def _take(
        self, records: list[Any], learner: Learns, schedule: Schedule, producer: Any
    ) -> None:
        """Learn beside the loop: on it, a chunk would hold up heartbeats and transactions."""
        waiting: list[Signals] = []
        for signals in await asyncio.to_thread(_decoded, records):
            holds_from_ms = schedule.due(signals.stream_ms)
            if holds_from_ms is not None:
                await asyncio.to_thread(_absorb, learner, waiting)
                waiting = []
                await self._publish(producer, learner, schedule, holds_from_ms)
            waiting.append(signals)
        await asyncio.to_thread(_absorb, learner, waiting)

    async def _publish(
        self, producer: Any, learner: Learns, schedule: Schedule, holds_from_ms: int
    ) -> None:
        number = schedule.number + 1
        version = self._catalog_version()
        learner.hear(await self._news(schedule.told_ms))
        known = await asyncio.to_thread(learner.known)
        learner.read(await self._shelf(known, holds_from_ms))
        epoch = await asyncio.to_thread(learner.epoch, number, holds_from_ms, version)
        async with producer.transaction():
            await producer.send_and_wait(
                self._settings.topic("globals"),
                msgspec.msgpack.encode(epoch),
                key=EPOCH_KEY,
                partition=0,
            )
        schedule.published(number, holds_from_ms)
        schedule.told_ms = NEVER_MS


def _decoded(records: list[Any]) -> list[Signals]:
    decoder = msgspec.msgpack.Decoder(Signals)
    return [decoder.decode(record.value) for record in records]


def _absorb(learner: Learns, signals: list[Signals]) -> None:
    for batch in signals:
        learner.absorb(batch)
