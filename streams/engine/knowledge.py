"""Feeds a worker's shared knowledge: the catalogue and the learner's epochs, from the beginning."""

from __future__ import annotations

from typing import Any, Protocol

from mode import Service

from streams.engine.client import Tail
from streams.settings import Settings

EPOCH_KEY = b"epoch"
"""Key of epochs on the compacted `globals` topic."""


class Knowledge(Protocol):
    """What the reader feeds; both return why a record cannot be read, else None."""

    def apply_catalog(self, key: bytes | None, value: bytes | None) -> str | None:
        """Take in a catalogue record."""
        ...

    def apply_epoch(self, value: bytes) -> str | None:
        """Take in an epoch (MessagePack)."""
        ...


class KnowledgeReader(Service):
    """Reads `catalog` and `globals`; the engine is ready once it has caught up."""

    def __init__(self, app: Any, settings: Settings, knowledge: Knowledge, **kwargs: Any) -> None:
        self._app = app
        self._settings = settings
        self._knowledge = knowledge
        super().__init__(**kwargs)

    async def on_start(self) -> None:
        """Open a consumer of its own: every worker reads everything."""
        self._globals = self._settings.topic("globals")
        self._tail = Tail(self._settings, self._settings.topic("catalog"), self._globals)
        await self._tail.start()

    async def on_stop(self) -> None:
        """Close the consumer."""
        await self._tail.stop()

    @Service.task
    async def _read(self) -> None:
        while not self.should_stop:
            if records := await self._tail.read(timeout_ms=200):
                await self._app.engine.deciding.change(self._apply_all, records)
            if not self._app.engine.ready.is_set() and await self._tail.is_caught_up():
                self.log.info("Catalogue and epochs read")
                self._app.engine.ready.set()

    def _apply_all(self, records: list[Any]) -> None:
        for record in records:
            self._apply(record)

    def _apply(self, record: Any) -> None:
        if record.topic == self._globals:
            if record.key != EPOCH_KEY or record.value is None:
                return
            refused = self._knowledge.apply_epoch(record.value)
        else:
            refused = self._knowledge.apply_catalog(record.key, record.value)
        if refused:
            self.log.warning(
                "%s[%d]@%d: %s", record.topic, record.partition, record.offset, refused
            )
