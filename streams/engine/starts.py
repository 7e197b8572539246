"""What is noted of a partition's starts, outside its transactions: whoever takes it over reads it.

The notes are the offsets of a consumer group of their own: a small compacted store that every cluster
has. Nobody joins that group. The offset is the position, its metadata the note.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from mode import Service

from streams.engine.topics import CHANGELOG
from streams.settings import Settings

GROUP = "starts"
"""What is added to the app id."""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """``starts``: how often the partition started at one position; ``died``: record -> how often the
    process ended while that record was decided alone.
    """

    starts: int = 0
    died: dict[str, int] = {}


def read_note(found: OffsetAndMetadata | None, position: int) -> Note:
    """Return what is noted at a position: nothing, once the partition has moved on."""
    if found is None or found.offset != position:
        return Note()
    try:
        return msgspec.json.decode(found.metadata, type=Note)
    except msgspec.MsgspecError:
        return Note()


class StartNotes(Service):
    """Reads and writes the notes of all partitions of a worker."""

    def __init__(self, settings: Settings, **kwargs: Any) -> None:
        self._settings = settings
        self._topic = f"{settings.app_id}-{CHANGELOG}"
        self._client: Any = None
        self._opening = asyncio.Lock()
        super().__init__(**kwargs)

    async def on_stop(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.stop()

    async def _coordinator(self) -> Any:
        """Return what talks to the group: of a client that is assigned nothing, opened when first needed.

        The first batch may come before the services of the worker have started.
        """
        async with self._opening:
            if self._client is None:
                client = AIOKafkaConsumer(
                    bootstrap_servers=self._settings.broker,
                    group_id=f"{self._settings.app_id}-{GROUP}",
                    enable_auto_commit=False,
                )
                await client.start()
                self._client = client
        return self._client._coordinator

    async def read(self, partition: int, position: int) -> Note:
        """Return what is noted of a partition that starts at a position.

        Raises:
            KafkaError: the group may not be read.
        """
        place = TopicPartition(self._topic, partition)
        coordinator = await self._coordinator()
        found = await coordinator.fetch_committed_offsets([place])
        return read_note(found.get(place), position)

    async def write(self, partition: int, position: int, note: Note) -> None:
        """Write a note in place of the one before it; it is in the log when this returns.

        Raises:
            KafkaError: it is not.
        """
        metadata = msgspec.json.encode(note).decode()
        place = {TopicPartition(self._topic, partition): OffsetAndMetadata(position, metadata)}
        coordinator = await self._coordinator()
        await coordinator.commit_offsets(None, place)
