"""One thread beside the event loop on which batches are decided, those that wait together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from streams.engine.midway import LOOK_AGAIN_S, Midway
from streams.engine.processor import JointProcessor, Processor
from streams.engine.watchdog import ends_within
from streams.state.store import Effects, Work

T = TypeVar("T")
Waiting = tuple[Work, asyncio.Future[Effects]]
Found = tuple[asyncio.Future[Effects], Effects | BaseException]

TOGETHER = 4_000
"""Records of a turn at the most, two full batches: what a turn costs by itself is paid by thousands of
records, and other batches are still decided while these commit."""

SMALL, GATHER_S = 1_000, 0.015
"""A turn of fewer records waits so long while other batches commit: what their partitions got
meanwhile goes along, and a turn more would hold up everyone for longer."""


HANGS_S = 300.0
"""A turn takes milliseconds; the broker ends a transaction after 60 s. One that takes so long hangs."""


class Deciding:
    """Runs everything that reads or changes the shared knowledge, one piece at a time.

    On the loop it would hold up heartbeats and the other partitions' transactions, each of which
    takes half a dozen turns of the loop.
    """

    def __init__(self, processor: Processor, at_work: Callable[[], int] = lambda: 0) -> None:
        """``at_work``: how many batches wait, are decided, or commit."""
        self.processor, self._at_work = processor, at_work
        self._thread = ThreadPoolExecutor(1, "deciding")
        self._waiting: deque[Waiting] = deque()  # the loop appends, the thread takes
        self._turns: asyncio.Task[None] | None = None
        self._deciding = asyncio.Lock()
        self.midway = Midway()

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Run something on the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def change(self, work: Callable[..., Any], *args: Any) -> None:
        """Change what all batches share: on the thread, and not between the timers of one record."""
        while True:
            if await self.run(self.midway.attempt, work, *args):
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    async def effects(self, work: Work) -> Effects:
        """Return what a batch does."""
        mine: asyncio.Future[Effects] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, mine))
        if self._turns is None:
            self._turns = asyncio.ensure_future(self._take_turns())
        return await mine

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[Work], Awaitable[Effects]]]:
        """Decide no batch but those given to the function that is yielded."""
        async with self._deciding:
            yield self._by_itself

    async def _by_itself(self, work: Work) -> Effects:
        found = await self.run(self._watched, work)
        if isinstance(found, Effects):
            return found
        raise found

    def _watched(self, work: Work) -> Effects | BaseException:
        with ends_within(HANGS_S):
            return self._alone(work)

    async def _take_turns(self) -> None:
        """Decide as long as batches wait. Nobody who has a result waits for another turn."""
        while self._waiting:
            if self._is_worth_waiting():
                await asyncio.sleep(GATHER_S)
            async with self._deciding:
                decided = await self.run(self._turn)
            for future, found in decided:
                if future.done():  # its batch was given up
                    continue
                if isinstance(found, Effects):
                    future.set_result(found)
                else:
                    future.set_exception(found)
        self._turns = None

    def _is_worth_waiting(self) -> bool:
        records = sum(len(work.records) for work, _ in self._waiting)
        return records < SMALL and self._at_work() > len(self._waiting)

    def _turn(self) -> list[Found]:
        """Decide what waits. A panic of Rust code is no Exception, and must not leave them waiting."""
        taken = self._take()
        work, futures = [each for each, _ in taken], [future for _, future in taken]
        with ends_within(HANGS_S):
            try:
                decided = self._decide(work)
                self.midway.note(work, decided)
                return list(zip(futures, decided, strict=True))
            except BaseException as error:
                if len(work) == 1:
                    return [(futures[0], error)]
            return [(future, self._alone(each)) for each, future in taken]

    def _alone(self, work: Work) -> Effects | BaseException:
        """Decide a batch by itself: one that cannot be decided holds up its own partition only."""
        try:
            decided = self.processor.process(*work)
        except BaseException as error:
            return error
        self.midway.note([work], [decided])
        return decided

    def _decide(self, work: list[Work]) -> list[Effects]:
        if len(work) > 1 and isinstance(self.processor, JointProcessor):
            return self.processor.process_all(work)
        return [self.processor.process(*each) for each in work]

    def _take(self) -> list[Waiting]:
        """Take the first that waits, and as many after it as are decided in one go."""
        taken: list[Waiting] = []
        records = 0
        while self._waiting:
            records += len(self._waiting[0][0].records)
            if taken and records > TOGETHER:
                break
            taken.append(self._waiting.popleft())
        return taken
