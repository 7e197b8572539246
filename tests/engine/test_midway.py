"""What all share does not change between two slices of the timers before one record."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from streams.engine.deciding import Deciding
from streams.engine.midway import Midway
from streams.state.store import Effects, MemoryStore, Work

RECORDS = [SimpleNamespace()] * 2


def work(partition: int = 0) -> Work:
    return Work(partition, MemoryStore(), RECORDS)


class Slices:
    """Leaves what it was told to leave."""

    def __init__(self, *left: int) -> None:
        self.left = list(left)

    def process(self, *_: object) -> Effects:
        return Effects(left=self.left.pop(0))


async def test_a_change_waits_for_the_record_whose_timers_are_under_way() -> None:
    deciding, made = Deciding(Slices(2, 2, 1)), []
    await deciding.effects(work())
    change = asyncio.ensure_future(deciding.change(made.append, "price"))
    await asyncio.sleep(0.12)
    await deciding.effects(work())
    await asyncio.sleep(0.12)
    assert made == []
    await deciding.effects(work())  # a record is applied, and another is left
    await asyncio.wait_for(change, 1)
    assert made == ["price"]


def test_a_batch_that_was_given_up_holds_up_nothing() -> None:
    midway, made = Midway(), []
    midway.note([work(0), work(1)], [Effects(left=2), Effects(left=2)])
    midway.leave(0)
    assert not midway.attempt(made.append, 1)
    midway.leave(1)
    assert midway.attempt(made.append, 1)
    assert made == [1]
