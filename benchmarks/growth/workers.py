"""Real workers on a real Kafka work off a backlog; what an event costs all of them together."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from benchmarks.job.stand import Deployment, Stand, Watched, say
from benchmarks.job.stream import made_up_stream
from streams.operate.tools.reading import consuming, places, read, spans

EVENTS, USERS = 280_000, 50_000
"""With 64 partitions more than 2,000 records for two batches of each."""
_numbers = count()


@dataclass(frozen=True, slots=True)
class Drained:
    """CPU microseconds per event from the first commit on; ``batch``: records in a mean batch."""

    cpu_us: float
    batch: float


def drained(stand: Stand, partitions: int, workers: int) -> Drained:
    """Feed the stream, let so many workers work it off together."""
    name = f"growth-{next(_numbers)}"
    with stand.deployment(name, partitions=partitions) as made:
        made.feed(made_up_stream(EVENTS, USERS))
        cpu_us, fed = asyncio.run(_drain(made, workers))
        batch = fed / asyncio.run(_batches(made))
    say(
        f"{partitions} partitions, {workers} workers: {cpu_us:.0f} us per event, "
        f"{batch:,.0f} records a batch"
    )
    return Drained(cpu_us, batch)


async def _drain(made: Deployment, workers: int) -> tuple[float, int]:
    async with made.progress() as progress:
        wanted = await progress.produced()
        with ExitStack() as stack:
            running = [stack.enter_context(made.worker(f"home-{n}")) for n in range(workers)]
            while not (first := await progress.committed()):
                await asyncio.sleep(0.02)
                _check(running)
            before_s = _cpu_s(running)
            for worker in running:
                await progress.wait(wanted, worker)
            return 1e6 * (_cpu_s(running) - before_s) / (wanted - first), wanted


def _check(running: list[Watched]) -> None:
    for worker in running:
        worker.worker.check()


def _cpu_s(running: list[Watched]) -> float:
    return sum(worker.cpu_s() for worker in running)


async def _batches(made: Deployment) -> int:
    """Every batch tells the learner once what it accepted."""
    async with consuming(made.settings) as consumer:
        topic = made.settings.topic("signals")
        wanted = await spans(consumer, await places(made.settings, [topic]))
        return sum([len(r) async for part in read(consumer, wanted) for r in part.values()])
