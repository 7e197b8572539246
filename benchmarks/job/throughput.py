"""Throughput: a real worker works off a backlog, experts on, one decision per 20 events."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.job.counts import decisions
from benchmarks.job.stand import Deployment, Stand, say
from benchmarks.job.stream import made_up_stream
from benchmarks.runs import repeated

EVENTS, USERS = 300_000, 50_000


def throughput(stand: Stand) -> dict[str, Any]:
    """Events and decisions per CPU-second of the worker's process tree."""
    return repeated(lambda number: _run(stand, f"throughput-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    with stand.deployment(name) as made:
        made.feed(made_up_stream(EVENTS, USERS))
        found = asyncio.run(drain(made))
        found["decisions"] = asyncio.run(decisions(made))
    spent_s, steady_s = found["cpu_s"], found["steady_cpu_s"]
    found["events_per_cpu_s"] = EVENTS / spent_s
    found["steady_events_per_cpu_s"] = found.pop("steady_events") / steady_s
    found["decisions_per_cpu_s"] = found["decisions"] / spent_s
    found["events_per_decision"] = EVENTS / found["decisions"]
    say(f"{name}: {found['steady_events_per_cpu_s']:,.0f} events per CPU-s, steady")
    return found


async def drain(made: Deployment) -> dict[str, float]:
    """Let a fresh worker work off everything; start included, and steady: from first output on."""
    async with made.progress() as progress:
        wanted = await progress.produced()
        with made.worker() as worker:
            before_s = worker.cpu_s()
            while not (first := await progress.committed()):
                worker.worker.check()
                before_s = worker.cpu_s()
                await asyncio.sleep(0.02)
            first_s = worker.cpu_s()
            ended_s = await progress.wait(wanted, worker)
            spent_s = worker.cpu_s()
            return {
                "events": wanted,
                "cpu_s": spent_s,
                "start_cpu_s": before_s,
                "steady_cpu_s": spent_s - first_s,
                "steady_events": wanted - first,
                "wall_s": ended_s - worker.began_s,
                "peak_rss_mb": worker.peak_rss_mb(),
            }
