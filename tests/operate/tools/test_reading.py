"""Reading to the end: committed records only, and an end that is found whatever lies there."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition

from streams.operate.tools.feed import producing
from streams.operate.tools.reading import consuming, read, read_all, spans
from streams.settings import Settings

pytestmark = pytest.mark.kafka


class GivenUpError(Exception):
    """Aborts a transaction."""


async def write(own: Settings, commit: bool) -> None:
    async with producing(own, transactional_id=own.app_id) as producer:
        try:
            async with producer.transaction():
                for i in range(10):
                    await producer.send(
                        own.topic("late"), b"kept" if commit else b"gone", b"%d" % i
                    )
                if not commit:
                    raise GivenUpError
        except GivenUpError:
            pass


async def test_aborted_records_are_not_seen_and_the_end_is_found(own: Settings) -> None:
    for commit in (True, False, True, False):
        await write(own, commit)
    found = await asyncio.wait_for(read_all(own, "late"), 20)
    assert [record.value for record in found] == [b"kept"] * 20


async def test_an_open_transaction_does_not_hold_the_reader_up(own: Settings) -> None:
    await write(own, commit=True)
    async with producing(own, transactional_id=own.app_id + "-open") as producer:
        await producer.begin_transaction()
        await producer.send_and_wait(own.topic("late"), b"undecided", partition=0)
        found = await asyncio.wait_for(read_all(own, "late"), 20)
        await producer.abort_transaction()
    assert len(found) == 10


async def test_a_topic_that_is_not_there_has_nothing(own: Settings) -> None:
    assert await read_all(own, "nowhere") == []


async def test_only_the_range_asked_for_is_read(own: Settings) -> None:
    async with producing(own) as producer:
        for i in range(10):
            await producer.send(own.topic("late"), b"%d" % i, partition=0)
    place = TopicPartition(own.topic("late"), 0)
    async with consuming(own) as consumer:
        assert await spans(consumer, [place]) == {place: (0, 10)}
        parts = [part async for part in read(consumer, {place: (3, 7)}, most=2)]
    assert [r.value for part in parts for r in part[place]] == [b"3", b"4", b"5", b"6"]
    assert all(len(part[place]) <= 2 for part in parts)
