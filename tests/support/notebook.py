"""Notes of starts in memory: they outlive a worker as those in Kafka do."""

from __future__ import annotations

from aiokafka.structs import OffsetAndMetadata
from msgspec.json import encode

from streams.engine.starts import Note, read_note


class Notebook:
    """`written`: every note in order; `fails`: what the next calls raise."""

    def __init__(self) -> None:
        self.last: dict[int, OffsetAndMetadata] = {}
        self.written: list[tuple[int, Note]] = []
        self.fails: list[Exception] = []

    async def read(self, partition: int, position: int) -> Note:
        self._fail()
        return read_note(self.last.get(partition), position)

    async def write(self, partition: int, position: int, note: Note) -> None:
        self._fail()
        self.last[partition] = OffsetAndMetadata(position, encode(note).decode())
        self.written.append((position, note))

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.pop(0)
