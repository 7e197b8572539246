"""An idle worker: what it costs a core while nothing comes in, and the broker beside it."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.job.stand import Deployment, Progress, Stand, say
from benchmarks.job.stream import made_up_stream
from benchmarks.measure import Tree
from benchmarks.runs import repeated

EVENTS = 2_000
"""Enough that every partition holds timers and pushes that are still to be sent."""
SETTLE_S, WATCHED_S = 15.0, 60.0


def idle(stand: Stand) -> dict[str, Any]:
    """Medians of three; percent of one core over a minute, with four partitions."""
    return repeated(lambda number: _run(stand, f"idle-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    with stand.deployment(name, consent_default="granted") as made:
        found = asyncio.run(_watch(made, Tree(stand.broker_pid)))
    say(f"{name}: " + ", ".join(f"{key} {value:,.4g}" for key, value in found.items()))
    return found


async def _watch(made: Deployment, broker: Tree) -> dict[str, float]:
    await asyncio.to_thread(made.feed, made_up_stream(EVENTS))
    async with made.progress() as progress:
        with made.worker() as worker:
            await progress.wait(await progress.produced(), worker)
            await asyncio.sleep(SETTLE_S)
            then = await _spent(made, progress, worker, broker)
            await asyncio.sleep(WATCHED_S)
            now = await _spent(made, progress, worker, broker)
    percent = 100 / WATCHED_S
    return {
        "worker_percent": (now[0] - then[0]) * percent,
        "broker_percent": (now[1] - then[1]) * percent,
        "ticks": now[2] - then[2],
    }


async def _spent(
    made: Deployment, progress: Progress, worker: Tree, broker: Tree
) -> tuple[float, float, int]:
    """CPU seconds of worker and broker, and the ticks so far."""
    ticks = await progress.ends(made.places("ticks"))
    return worker.cpu_s(), broker.cpu_s(), ticks
