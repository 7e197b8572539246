"""Starts at one position are counted; a record at which the process ends is found and set aside."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import GroupAuthorizationFailedError
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.notebook import Notebook

from schemas.tables import SourceRecord
from schemas.vocabulary import COMMITTED_VERDICTS, DeadReason
from streams.engine.portions import START_RECORDS
from streams.engine.starts import Note
from streams.engine.trial import DEATHS, SUSPICIOUS_STARTS, Trial
from streams.state.store import Effects, MemoryStore, UndecidedError, Work

RECORDS = 12


class Death(BaseException):
    """The process is gone: nothing that would come after it happens."""


class Worker:
    """Decides `RECORDS` records of a partition; what is committed and noted outlives it."""

    def __init__(self, kills: dict[int, DeadReason | None]) -> None:
        """``kills``: offset -> the verdict under which the record lets the process live, None: any."""
        self.kills, self.notes, self.at = kills, Notebook(), 0
        self.decided: dict[int, DeadReason | None] = {}
        self.deaths = self.tries = 0

    async def decide(self, work: Work) -> Effects:
        for record in work.records:
            wanted = self.kills.get(record.offset)
            if wanted is not None and record.refused != wanted:
                self.notes.fails = [Death(), Death()]  # nothing is noted any more
                raise Death
        return Effects()

    async def live(self, outside: int = 10**6) -> None:
        """Start, and go on to the end or to the death; ``outside``: so many tries later it is killed."""
        self.notes.fails = []
        trial = Trial(0, self.notes)
        await trial.begin({"clicks": self.at})
        while self.at < RECORDS:
            size = 1 if trial.alone else 5
            records = [record(n) for n in range(self.at, min(self.at + size, RECORDS))]
            work = Work(0, MemoryStore(), records)
            outside -= 1
            if outside < 0:
                raise Death
            if trial.alone:
                judged: list[SourceRecord] = []

                async def seen(work: Work, judged: list[SourceRecord] = judged) -> Effects:
                    judged += work.records
                    return await self.decide(work)

                await trial.decide({"clicks": self.at}, work, seen)
                self.decided[self.at] = judged[0].refused
            else:
                await self.decide(work)
                self.decided |= {r.offset: None for r in records}
            self.at += len(records)

    async def live_on(self, *outside: int) -> None:
        killed = list(outside)
        while self.at < RECORDS:
            self.tries += 1
            assert self.tries < 60, "it ends for good"
            try:
                await self.live(killed.pop(0) if killed else 10**6)
            except Death:
                self.deaths += 1


def record(offset: int) -> SourceRecord:
    return SourceRecord("clicks", 0, offset, 77, b"k", b"v")


@settings(max_examples=examples(60))
@given(
    st.sets(st.integers(0, RECORDS - 1), max_size=3),
    st.lists(st.integers(0, 3), max_size=8),
)
def test_the_records_that_kill_are_set_aside_and_no_other_whatever_else_ends_the_process(
    killers: set[int], outside: list[int]
) -> None:
    worker = Worker(dict.fromkeys(killers, DeadReason.INTERNAL_ERROR))
    asyncio.run(worker.live_on(*outside))
    set_aside = {offset for offset, verdict in worker.decided.items() if verdict is not None}
    assert set_aside == killers
    assert len(worker.decided) == RECORDS


async def test_a_record_that_kills_costs_four_deaths() -> None:
    worker = Worker({0: DeadReason.INTERNAL_ERROR})
    await worker.live_on()
    assert worker.deaths == SUSPICIOUS_STARTS - 1 + DEATHS


async def test_one_that_kills_even_when_a_no_is_looked_for_is_not_read() -> None:
    worker = Worker({2: DeadReason.UNREAD})
    await worker.live_on()
    assert worker.decided[2] == DeadReason.UNREAD
    assert DeadReason.UNREAD in COMMITTED_VERDICTS, "who reads the log again does not look either"


async def test_a_worker_that_moves_on_writes_one_note() -> None:
    worker = Worker({})
    await worker.live()
    assert worker.notes.written == [(0, Note(starts=1))]


@pytest.mark.parametrize("deaths", [1, DEATHS])
async def test_a_kill_from_outside_sets_a_sound_record_aside_only_if_it_hits_its_trial_twice(
    deaths: int,
) -> None:
    note = Note(starts=SUSPICIOUS_STARTS, died={"clicks[0]@0": deaths})
    trial = Trial(0, Notebook(), note=note, alone=START_RECORDS)
    tried: list[SourceRecord] = []

    async def decide(work: Work) -> Effects:
        tried.extend(work.records)
        return Effects()

    await trial.decide({}, Work(0, MemoryStore(), [record(0)]), decide)
    assert [each.refused is not None for each in tried] == [deaths == DEATHS]


async def test_what_does_not_end_the_process_counts_as_no_death() -> None:
    """A full disk, then a stop by hand: over and over, and no record is set aside for it."""
    notes = Notebook()

    async def undecided(_: Work) -> Effects:
        raise UndecidedError("the disk is full")

    for _ in range(SUSPICIOUS_STARTS + DEATHS + 1):
        trial = Trial(0, notes)
        await trial.begin({})
        if trial.alone:
            with pytest.raises(UndecidedError):
                await trial.decide({}, Work(0, MemoryStore(), [record(0)]), undecided)
    assert trial.note.starts > SUSPICIOUS_STARTS
    assert trial.note.died == {}


async def test_where_notes_are_refused_the_partition_runs_and_nothing_is_tried_unnoted() -> None:
    notes = Notebook()
    notes.fails = [GroupAuthorizationFailedError("no")] * 2
    trial = Trial(0, notes)
    await trial.begin({})
    assert trial.alone == 0
    tried: list[Work] = []

    async def decide(work: Work) -> Effects:
        tried.append(work)
        return Effects()

    with pytest.raises(UndecidedError, match="GroupAuthorizationFailedError"):
        await trial.decide({}, Work(0, MemoryStore(), [record(0)]), decide)
    assert tried == []


async def test_timers_before_a_record_are_part_of_its_trial_and_the_batch_goes_on_after() -> None:
    trial = Trial(0, Notebook(), alone=START_RECORDS)
    for left, alone in ((1, START_RECORDS), (0, START_RECORDS - 1)):

        async def decide(_: Work, left: int = left) -> Effects:
            return Effects(left=left)

        await trial.decide({}, Work(0, MemoryStore(), [record(0)]), decide)
        assert trial.alone == alone
