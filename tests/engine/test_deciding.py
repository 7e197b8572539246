from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine import deciding as under_test
from streams.engine.deciding import SMALL, TOGETHER, Deciding
from streams.state.store import Effects, MemoryStore, UndecidedError, Work


class Joint:
    """Notes which partitions were decided together; the first turn waits until it may go on."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.may_go_on = threading.Event()

    def process(self, partition: int, *_: Any) -> Effects:
        self.may_go_on.wait(5)
        self.turns.append([partition])
        return Effects(decided=partition)

    def process_all(self, work: list[Work]) -> list[Effects]:
        self.turns.append([each.partition for each in work])
        return [Effects(decided=each.partition) for each in work]


def work(partition: int, records: int = 1) -> Work:
    return Work(partition, MemoryStore(), [SimpleNamespace()] * records)


async def decided(job: Any, *batches: Work) -> list[int]:
    """The first batch is at work when the others come."""
    deciding = Deciding(job)
    tasks = [asyncio.ensure_future(deciding.effects(batches[0]))]
    await asyncio.sleep(0.05)
    tasks += [asyncio.ensure_future(deciding.effects(each)) for each in batches[1:]]
    await asyncio.sleep(0.05)
    job.may_go_on.set()
    return [effects.decided for effects in await asyncio.gather(*tasks)]


async def test_batches_that_wait_are_decided_together_and_each_gets_its_own() -> None:
    job = Joint()
    assert await decided(job, work(0), work(1), work(2)) == [0, 1, 2]
    assert job.turns == [[0], [1, 2]]


class Gated(Joint):
    """Each turn waits for a permit."""

    def __init__(self) -> None:
        super().__init__()
        self.permits = threading.Semaphore(0)

    def process(self, partition: int, *_: Any) -> Effects:
        self.permits.acquire(timeout=5)
        return Effects(decided=partition)

    def process_all(self, work: list[Work]) -> list[Effects]:
        self.permits.acquire(timeout=5)
        return super().process_all(work)


async def test_a_batch_has_its_effects_when_its_turn_is_over_and_not_a_turn_later() -> None:
    job = Gated()
    deciding = Deciding(job)

    async def asked(*partitions: int) -> list[asyncio.Future[Effects]]:
        tasks = [asyncio.ensure_future(deciding.effects(work(number))) for number in partitions]
        await asyncio.sleep(0.05)
        return tasks

    first, both = await asked(0), await asked(1, 2)
    for done in (first, both):
        job.permits.release()
        later = await asked(3)
        assert all(task.done() for task in done)
        assert not later[0].done()
    job.permits.release(2)
    await asyncio.gather(*later)


@pytest.mark.parametrize(
    ("at_work", "records", "turns"), [(3, 1, [[0, 1]]), (1, 1, [[0], [1]]), (3, SMALL, [[0], [1]])]
)
async def test_a_small_turn_waits_for_those_that_commit(
    monkeypatch: pytest.MonkeyPatch, at_work: int, records: int, turns: list[list[int]]
) -> None:
    monkeypatch.setattr(under_test, "GATHER_S", 1.0)
    job = Joint()
    job.may_go_on.set()
    deciding = Deciding(job, lambda: at_work)
    first = asyncio.ensure_future(deciding.effects(work(0, records)))
    alone = len(turns) == 2
    await asyncio.wait({first}, timeout=5.0 if alone else 0.05)
    assert first.done() == alone
    await asyncio.gather(first, deciding.effects(work(1, records)))
    assert job.turns == turns


async def test_a_large_batch_is_decided_alone() -> None:
    job = Joint()
    assert await decided(job, work(0), work(1), work(2, TOGETHER), work(3)) == [0, 1, 2, 3]
    assert job.turns == [[0], [1], [2], [3]]


async def test_a_job_that_knows_no_turns_gets_its_batches_one_by_one() -> None:
    job = Joint()
    alone = SimpleNamespace(process=job.process, may_go_on=job.may_go_on)
    assert await decided(alone, work(0), work(1), work(2)) == [0, 1, 2]
    assert job.turns == [[0], [1], [2]]


async def test_while_a_batch_is_tried_alone_no_other_is_decided() -> None:
    job = Joint()
    job.may_go_on.set()
    deciding = Deciding(job)
    async with deciding.alone() as decide:
        other = asyncio.ensure_future(deciding.effects(work(1)))
        await asyncio.sleep(0.05)
        assert (await decide(work(0))).decided == 0
        await asyncio.sleep(0.05)
        assert job.turns == [[0]]
    assert (await other).decided == 1


class Panic(BaseException):
    """As pyo3's: no Exception."""


@pytest.mark.parametrize("error", [ZeroDivisionError, UndecidedError, Panic])
async def test_a_batch_that_cannot_be_decided_holds_up_no_other_partition(
    error: type[BaseException],
) -> None:
    def process(partition: int, *_: Any) -> Effects:
        if partition == 2:
            raise error
        return Effects(decided=partition)

    def process_all(batches: list[Work]) -> list[Effects]:
        return [process(*each) for each in batches]

    deciding = Deciding(SimpleNamespace(process=process, process_all=process_all))
    waits = asyncio.gather(*(deciding.effects(work(n)) for n in (1, 2, 3)), return_exceptions=True)
    first, second, third = await asyncio.wait_for(waits, 5)
    assert (first.decided, third.decided) == (1, 3)
    assert type(second) is error
    assert (await deciding.effects(work(4))).decided == 4, "the thread goes on"


async def test_a_bug_is_told_to_everyone_in_the_turn() -> None:
    deciding = Deciding(SimpleNamespace(process=lambda *_: 1 / 0))
    found = await asyncio.gather(*map(deciding.effects, (work(1), work(2))), return_exceptions=True)
    assert [type(error) for error in found] == [ZeroDivisionError] * 2
