"""Fault points inside a worker; the test app arms them from its environment, the product has none.

Each patches one seam of the engine from outside. What goes off is noted in a file first, so that
a round knows what really happened.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka.errors import BrokerResponseError, ProducerFenced
from support.around import Decide, around

from schemas.tables import Output
from streams.engine import recovery
from streams.engine.clock import BrokerClock
from streams.engine.consumer import BatchConsumer
from streams.engine.fetch import FetchThread
from streams.engine.producer import PromptProducer
from streams.engine.store import StateStore
from streams.engine.transaction import Transaction
from streams.engine.transactions import BatchTransactions
from streams.state.store import Effects

TOO_LARGE = 24 << 20
"""More bytes than the embedded broker takes in a record."""
MEANWHILE_S = 0.030
"""A batch is decided and committed in about so many seconds."""
KILL_SEAMS: dict[str, tuple[Any, str, float]] = {
    "kill_in_opening": (PromptProducer, "join", 0.008),
    "kill_in_commit": (PromptProducer, "commit_transaction", 0.008),
    "kill_in_write": (StateStore, "write", 0.0005),
    "kill_in_recovery": (recovery, "restore", 0.001),
    "kill_in_rebalance": (BatchTransactions, "on_rebalance", 0.050),
    "kill_in_abort": (BatchTransactions, "_abort", 0.020),
}
"""Point -> the function whose n-th call is the last, and how long after its start at most, in s."""


def arm(app: Any, points: dict[str, Any], fired_log: str) -> None:
    """Arm ``points``: name -> argument (see the functions). For the main thread."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whichever thread sets the timer

    def fired(name: str) -> None:
        with open(fired_log, "ab", buffering=0) as log:  # noqa: PTH123 - one append, no path
            log.write(b"%b\n" % name.encode())

    for name, argument in points.items():
        if name in KILL_SEAMS:
            _kill(name, argument, fired)
        else:
            ARMED[name](app, argument, fired)


Fired = Callable[[str], None]


def _kill(name: str, call: int, fired: Fired) -> None:
    """End the process in the ``call``-th call of a seam."""
    owner, attribute, within_s = KILL_SEAMS[name]
    plain = getattr(owner, attribute)
    dies = _at_call(name, call, fired)

    def last(*args: Any, **kwargs: Any) -> Any:
        if dies():
            _die_within(within_s)
        return plain(*args, **kwargs)

    setattr(owner, attribute, last)


def _kill_in_processing(app: Any, call: int, fired: Fired) -> None:
    """End the process while the job runs."""
    dies = _at_call("kill_in_processing", call, fired)

    def doomed(decide: Decide) -> list[Effects]:
        if dies():
            _die_within(0.010)
        return decide()

    app.engine.deciding.processor = around(app.engine.deciding.processor, doomed)


def _kill_after_commit(app: Any, call: int, fired: Fired) -> None:
    """End the process when the log has a batch that the local state has not."""
    commit = Transaction.commit
    dies = _at_call("kill_after_commit", call, fired)

    async def last(self: Any, *written: Any) -> int:
        offset = await commit(self, *written)
        if dies():
            os.kill(os.getpid(), signal.SIGKILL)
        return offset

    Transaction.commit = last  # type: ignore[method-assign]


def _at_call(name: str, call: int, fired: Fired) -> Callable[[], bool]:
    """Return a function that is true, and notes it, at its ``call``-th call."""
    calls = 0

    def reached() -> bool:
        nonlocal calls
        calls += 1
        if calls == call:
            fired(name)
        return calls == call

    return reached


def _die_within(within_s: float) -> None:
    """The kernel ends the process at that instant, in C code too, as signal 9 would."""
    signal.setitimer(signal.ITIMER_REAL, random.uniform(within_s / 100, within_s))


def _aborts(app: Any, share: float, fired: Fired) -> None:
    """A share of the transactions is refused by the broker, a share of them by ourselves."""
    engine, send = app.engine, Transaction._send

    def spoilt(decide: Decide) -> list[Effects]:
        decided = decide()
        for effects in decided:
            if random.random() < share / 2:
                fired("aborts")
                effects.outputs.append(Output("late", b"big", random.randbytes(TOO_LARGE)))
        return decided

    async def failing(self: Any, *written: Any) -> int:
        last = await send(self, *written)
        if random.random() < share / 2:
            fired("aborts")
            raise BrokerResponseError("made up, after everything was sent")
        return last

    engine.deciding.processor = around(engine.deciding.processor, spoilt)
    Transaction._send = failing  # type: ignore[method-assign]


def _drops(app: Any, share: float, fired: Fired) -> None:
    """A share of what is fetched disappears inside the worker, its position moved on."""
    drain = FetchThread._drain

    def lossy(self: Any, *args: Any) -> dict[Any, Any]:
        kept = {}
        for tp, piece in drain(self, *args).items():
            if random.random() < share:
                fired("drops")
            else:
                kept[tp] = piece
        return kept

    FetchThread._drain = lossy  # type: ignore[method-assign]


def _delayed_seek(app: Any, delay_s: float, fired: Fired) -> None:
    """The seek after a recovery takes its time; what is fetched meanwhile is from elsewhere."""
    seek = BatchConsumer.perform_seek

    async def late(self: Any) -> None:
        fired("delayed_seek")
        await asyncio.sleep(random.uniform(0, delay_s))
        await seek(self)
        await asyncio.sleep(random.uniform(0, delay_s))

    BatchConsumer.perform_seek = late


def _slow_disk(app: Any, delay_s: float, fired: Fired) -> None:
    """Every write to the local state takes up to ``delay_s`` longer."""
    write = StateStore.write

    def slow(self: Any, *args: Any, **kwargs: Any) -> None:
        time.sleep(random.uniform(0, delay_s))
        write(self, *args, **kwargs)
        fired("slow_disk")

    StateStore.write = slow  # type: ignore[method-assign]


def _cancelled_agent(app: Any, share: float, fired: Fired) -> None:
    """In a share of the transactions the agent is cancelled while one is open."""

    def cancel(_: asyncio.Task[Any]) -> None:
        for actor in app.agents["batches"]._actors:
            actor.actor_task.cancel()
        fired("cancelled_agent")

    _in_transactions(lambda: random.random() < share, cancel)


def _cancelled_batch(app: Any, call: int, fired: Fired) -> None:
    """One batch's own task is cancelled in the middle of its transaction."""
    begun, done = itertools.count(1), False

    def cancel(task: asyncio.Task[Any]) -> None:
        nonlocal done
        task.cancel()
        done = True
        fired("cancelled_batch")

    _in_transactions(lambda: next(begun) >= call and not done, cancel)


def _in_transactions(due: Callable[[], bool], act: Callable[[asyncio.Task[Any]], None]) -> None:
    """Where ``due``, ``act`` on a batch's task a few ms later, unless the transaction has ended."""
    begun = BatchTransactions.begun

    @asynccontextmanager
    async def disturbed(self: Any, *opening: Any) -> AsyncIterator[Transaction]:
        if not due():
            async with begun(self, *opening) as transaction:
                yield transaction
            return
        loop, delay_s = asyncio.get_running_loop(), random.uniform(0, MEANWHILE_S)
        timer = loop.call_later(delay_s, act, asyncio.current_task())
        try:
            async with begun(self, *opening) as transaction:
                yield transaction
        finally:
            timer.cancel()

    BatchTransactions.begun = disturbed  # type: ignore[method-assign]


def _fencing(app: Any, _: object, fired: Fired) -> None:
    """Nothing is done; it is noted when the worker ends because a producer of its was fenced."""
    die = BatchTransactions._die

    async def noted(self: Any, reason: BaseException) -> Any:
        if isinstance(reason, ProducerFenced):
            fired("fencing")
        return await die(self, reason)

    BatchTransactions._die = noted  # type: ignore[method-assign]


def _corrupt_state(app: Any, how: str, fired: Fired) -> None:
    """A file of the first local state that is opened again is damaged first."""
    plain, done = StateStore._open_for_partition, False

    def spoilt(self: Any, partition: int) -> Any:
        nonlocal done
        path = self.partition_path(partition)
        if not done and any(path.glob("*.sst")):
            done = True
            files = [path / "CURRENT", *path.glob("MANIFEST-*"), *path.glob("*.sst")]
            _spoil(random.choice(files), how)
            fired("corrupt_state")
        return plain(self, partition)

    StateStore._open_for_partition = spoilt  # type: ignore[method-assign]


def _spoil(file: Path, how: str) -> None:
    content = bytearray(file.read_bytes())
    place = random.randrange(len(content))
    match how:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(content[:place])
        case "flipped":
            content[place] ^= 0xFF
            file.write_bytes(content)


def _small_slices(app: Any, users: int, fired: Fired) -> None:
    """The timers of only so many users fire in one commit."""
    app.engine.deciding.processor.slice_timers = users


def _clock_ahead(app: Any, ahead_s: float, fired: Fired) -> None:
    """The worker's own clock is wrong; it is noted when the worker has compared it with the broker's."""
    plain, plain_ns, take = time.time, time.time_ns, BrokerClock._take

    def compared(self: Any, *probe: Any) -> None:
        was_off = self._is_off
        take(self, *probe)
        if self._is_off and not was_off:
            fired("clock_ahead")

    time.time = lambda: plain() + ahead_s
    time.time_ns = lambda: plain_ns() + round(ahead_s * 1_000_000_000)
    BrokerClock._take = compared  # type: ignore[method-assign]


ARMED: dict[str, Callable[[Any, Any, Fired], None]] = {
    "kill_in_processing": _kill_in_processing,
    "kill_after_commit": _kill_after_commit,
    "aborts": _aborts,
    "drops": _drops,
    "delayed_seek": _delayed_seek,
    "slow_disk": _slow_disk,
    "cancelled_agent": _cancelled_agent,
    "cancelled_batch": _cancelled_batch,
    "fencing": _fencing,
    "corrupt_state": _corrupt_state,
    "small_slices": _small_slices,
    "clock_ahead": _clock_ahead,
}
