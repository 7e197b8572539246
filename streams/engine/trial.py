"""Finds the record at which the process ends: a native crash, no memory left, a hang.

Nothing inside the process can contain that. So each start of a partition is noted at the position
where its state ends. The third start at one position decides the next records one by one, each noted
before it is tried and while nothing else is decided; one at which the process ended twice is set aside.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiokafka.errors import KafkaError
from msgspec.structs import replace

from schemas.tables import SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine.portions import START_RECORDS
from streams.engine.starts import Note
from streams.shared.blame import named
from streams.state.store import Effects, UndecidedError, Work

logger = logging.getLogger(__name__)

SUSPICIOUS_STARTS = 3
"""Starts at one position from which on records are tried alone: until then somebody may just have
stopped the worker a few times."""
DEATHS = 2
"""A record is set aside if the process ended so often while it was tried alone: once it may have been
ended from outside."""

NOTHING = Note()
Decide = Callable[[Work], Awaitable[Effects]]


class Notes(Protocol):
    """What `streams.engine.starts.StartNotes` does."""

    async def read(self, partition: int, position: int) -> Note:
        """Return what is noted of a partition at a position."""
        ...

    async def write(self, partition: int, position: int, note: Note) -> None:
        """Write a note in place of the one before it."""
        ...


@dataclass(slots=True)
class Trial:
    """One start of a partition; ``alone``: how many of its next records are decided one by one.

    Positions are given as topic -> next offset, as the state contains them.
    """

    partition: int
    notes: Notes
    begun: bool = False
    note: Note = NOTHING
    alone: int = 0

    async def begin(self, contained: Mapping[str, int]) -> None:
        """Note, once, that the partition starts at a position."""
        if self.begun:
            return
        self.begun, position = True, position_of(contained)
        try:
            before = await self.notes.read(self.partition, position)
            self.note = replace(before, starts=before.starts + 1)
            await self.notes.write(self.partition, position, self.note)
        except KafkaError as error:
            logger.warning("Partition %d: its start is not noted: %s", self.partition, named(error))
        if self.note.starts >= SUSPICIOUS_STARTS:
            self.alone = START_RECORDS
            logger.error(
                "Partition %d started %d times without moving on: its next %d records are decided "
                "one by one", self.partition, self.note.starts, self.alone,
            )  # fmt: skip

    async def decide(self, contained: Mapping[str, int], work: Work, decide: Decide) -> Effects:
        """Decide one record, noted meanwhile; set it aside if the process ended at it before.

        Raises:
            UndecidedError: the record cannot be noted, so it is not tried; also what ``decide`` raises.
        """
        record, position = work.records[0], position_of(contained)
        place = f"{record.topic}[{record.partition}]@{record.offset}"
        died = self.note.died.get(place, 0)
        await self._write(position, {**self.note.died, place: died + 1})
        if died >= DEATHS:
            logger.error("At %s the process ended %d times: it is set aside", place, died)
        try:
            effects = await decide(work._replace(records=[judged(record, died)]))
        finally:
            await self._write(position, self.note.died)
        self.alone -= not effects.left
        return effects

    async def _write(self, position: int, died: dict[str, int]) -> None:
        try:
            await self.notes.write(self.partition, position, replace(self.note, died=died))
        except KafkaError as error:
            raise UndecidedError(f"no note of what is tried: {named(error)}") from error


def position_of(contained: Mapping[str, int]) -> int:
    """Return a position as one number: none of the offsets ever goes back, so no two share it."""
    return sum(contained.values())


def judged(record: SourceRecord, died: int) -> SourceRecord:
    """Return the record as it is to be decided after the process ``died`` so often at it.

    First as it is; then as a dead letter in which a "no" counts; if even that ends the process, unread.
    """
    if died < DEATHS:
        return record
    read = DeadReason.INTERNAL_ERROR if died == DEATHS else DeadReason.UNREAD
    return replace(record, refused=read)
