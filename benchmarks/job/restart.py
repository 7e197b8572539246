"""Start, kill -9 and graceful stop under steady traffic: seconds to the next committed output."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.job.counts import counters, written_in_vain
from benchmarks.job.sender import Part, traffic
from benchmarks.job.stand import (
    POLL_S,
    Deployment,
    Progress,
    Stand,
    StandError,
    Watched,
    say,
)
from benchmarks.job.stream import made_up_stream
from benchmarks.runs import repeated

RATE_PER_S, SECONDS = 1_000, 120
SETTLE_S = 0.2
"""What a dead worker had on its way to the broker may still arrive within this."""
LIMIT_S = 60.0


def restart(stand: Stand) -> dict[str, Any]:
    """Medians of three; an output counts when it is committed, looked for every 20 ms."""
    return repeated(lambda number: _run(stand, f"restart-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in (_killed, _survived, _stopped):
        with stand.deployment(f"{name}-{part.__name__.strip('_')}") as made:
            found |= asyncio.run(part(made))
    say(f"{name}: " + ", ".join(f"{key} {value:,.4g}" for key, value in found.items()))
    return found


async def _killed(made: Deployment) -> dict[str, float]:
    """A worker with a static membership is killed and started again, its local state at hand."""
    async with _shop(made) as progress:
        with made.worker(instance_id="only") as worker:
            began_s = worker.began_s
            start_s = await _outputs(progress, worker, []) - began_s
            await asyncio.sleep(2)
            rss_mb, killed_s = worker.rss_mb(), time.monotonic()
            worker.worker.kill()
        await asyncio.sleep(SETTLE_S)
        with made.worker(instance_id="only") as worker:
            restart_s = await _outputs(progress, worker, []) - killed_s
    return {"start_to_output_s": start_s, "rss_mb": rss_mb, "restart_to_output_s": restart_s}


async def _survived(made: Deployment) -> dict[str, float]:
    """One of two workers is killed; the other has to give outputs on every partition again."""
    everywhere = list(range(made.settings.partitions))
    async with _shop(made) as progress:
        with made.worker("first") as first, made.worker("second") as second:
            second.worker.wait_until_ready()
            await _outputs(progress, first, everywhere)
            await asyncio.sleep(5)  # the second joins, the group settles
            await _outputs(progress, first, everywhere)
            killed_s = time.monotonic()
            first.worker.kill()
            await asyncio.sleep(SETTLE_S)
            survivor_s = await _outputs(progress, second, everywhere) - killed_s
    return {"survivor_to_output_s": survivor_s}


async def _stopped(made: Deployment) -> dict[str, float]:
    """A worker is told to stop, and another goes on: nothing is lost, nothing done again."""
    async with _shop(made) as progress:
        with made.worker() as worker:
            await _outputs(progress, worker, [])
            await asyncio.sleep(2)
            stop_s = worker.stop()
        redone = await written_in_vain(made)
        with made.worker() as worker:
            next_s = await _outputs(progress, worker, []) - worker.began_s
    async with made.progress() as progress:
        produced = await progress.produced()
        with made.worker() as worker:
            await progress.wait(produced, worker, LIMIT_S)
    counts = await counters(made)
    return {
        "stop_s": stop_s,
        "redone_after_stop": redone,
        "lost": produced - counts["consumed"],
        "start_with_state_to_output_s": next_s,
    }


@asynccontextmanager
async def _shop(made: Deployment) -> AsyncIterator[Progress]:
    """Keep events coming on every partition."""
    await asyncio.to_thread(made.feed, made_up_stream(RATE_PER_S))
    async with made.progress() as progress:
        part = Part(RATE_PER_S, RATE_PER_S * SECONDS)
        with traffic(made.settings, part, RATE_PER_S):
            yield progress


async def _outputs(progress: Progress, worker: Watched, everywhere: list[int]) -> float:
    """Wait for an output, or for one on each of these partitions; return the monotonic moment."""
    before, deadline_s = await progress.by_partition(), time.monotonic() + LIMIT_S
    while True:
        now = await progress.by_partition()
        moved = [partition for partition, done in now.items() if done > before[partition]]
        if moved and set(everywhere) <= set(moved):
            return time.monotonic()
        worker.worker.check()
        if time.monotonic() > deadline_s:
            raise StandError(f"no output on {everywhere} in {LIMIT_S:.0f} s; {worker.worker.log}")
        await asyncio.sleep(POLL_S)
