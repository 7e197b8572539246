"""Feeds a worker's shared knowledge: the catalogue and the learner's epochs, from the beginning."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Protocol

from aiokafka.errors import KafkaError
from mode import Service

from schemas.parts import Collector, PartError
from schemas.tables import SourceRecord
from streams.engine.client import Tail, source_record
from streams.engine.skipped import Skipped
from streams.settings import Settings
from streams.shared.blame import NEVER_THE_INPUT, blamed, named

EPOCH = "epoch"
"""Name of epochs on the compacted `globals` topic (`schemas.parts`)."""
RETRY_S = 1.0
"""Pause after a failure that is no record's fault."""


class Knowledge(Protocol):
    """What the reader feeds; what takes in returns why a record cannot be read, else None."""

    def apply_catalog(self, record: SourceRecord) -> str | None:
        """Take in a catalogue record."""
        ...

    def apply_epoch(self, value: bytes) -> str | None:
        """Take in an epoch (MessagePack)."""
        ...

    def asks(self, partition: int, number: int) -> bool:
        """Whether an epoch after ``number`` asks users of a partition something."""
        ...


class KnowledgeReader(Service):
    """Reads `catalog` and `globals`; the engine is ready once it has caught up."""

    def __init__(self, app: Any, settings: Settings, knowledge: Knowledge, **kwargs: Any) -> None:
        self._app = app
        self._settings = settings
        self._knowledge = knowledge
        self._waiting: deque[Any] = deque()
        self._epochs = Collector(EPOCH)
        super().__init__(**kwargs)
        self.skipped = Skipped(self.log.warning)

    async def on_start(self) -> None:
        """Open a consumer of its own: every worker reads everything."""
        self._globals = self._settings.topic("globals")
        self._catalog = self._settings.topic("catalog")
        self._tail = Tail(self._settings, self._catalog, self._globals)
        await self._tail.start()

    async def on_stop(self) -> None:
        """Close the consumer."""
        await self._tail.stop()

    @Service.task
    async def _read(self) -> None:
        while not self.should_stop:
            try:
                await self._read_on()
            except (KafkaError, *NEVER_THE_INPUT) as error:
                self.log.warning("Catalogue and epochs: %s; tried again", named(error))
                await self.sleep(RETRY_S)

    async def _read_on(self) -> None:
        """Take in the next records; those that a failure left waiting first."""
        engine = self._app.engine
        if not self._waiting:
            self._waiting += await self._tail.read(timeout_ms=1_000)
        if self._waiting:
            engine.catalogue_lag.note(self._has_catalogue(), time.monotonic())
            await engine.deciding.change(self._apply_waiting)
        engine.catalogue_lag.note(await self._tail.lags(self._catalog), time.monotonic())
        if not engine.ready.is_set() and await self._tail.is_caught_up():
            self.log.info("Catalogue and epochs read")
            engine.ready.set()

    def _has_catalogue(self) -> bool:
        return any(record.topic == self._catalog for record in self._waiting)

    def _apply_waiting(self) -> None:
        while self._waiting:
            record = self._waiting[0]
            is_epoch = record.topic == self._globals
            if refused := taken_in(self._knowledge, self._epochs, record, is_epoch=is_epoch):
                self.skipped.note(record, refused)
            self._waiting.popleft()


def taken_in(knowledge: Knowledge, epochs: Collector, record: Any, *, is_epoch: bool) -> str | None:
    """Take in a record (aiokafka's) of `catalog`, or of `globals`; return why it cannot be used, else None."""
    try:
        if not is_epoch:
            return knowledge.apply_catalog(source_record(record))
        if (epoch := epochs.take(record.key, record.value)) is not None:
            return knowledge.apply_epoch(epoch)
    except PartError as error:
        return str(error)
    except BaseException as error:  # a panic of Rust code is no Exception
        return blamed(error)
    return None
