"""Latency: from the moment an event is due to go until its decision is read, committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

from benchmarks.job.sender import Part, sending
from benchmarks.job.stand import Deployment, Stand, Watched, say
from benchmarks.job.stream import made_up_stream
from benchmarks.runs import repeated
from streams.operate.demo.latency import percentile
from streams.operate.tools.reading import consuming, places

WARM_UP, USERS = 60_000, 50_000
STEADY_PER_S, SECONDS = 2_000, 20
CAPACITY_SHARE = 0.7
PROMPT_MS = 20

Read = dict[str, float]
"""Hash of the trigger event -> when its decision was read (monotonic s)."""


class Trigger(msgspec.Struct):
    """What is read of a decision's trigger."""

    event_hash: str
    due_ms: int | None


class Decision(msgspec.Struct):
    """What is read of a decision."""

    trigger: Trigger


def latency(stand: Stand) -> dict[str, Any]:
    """At 2,000 events a second, and at 70% of what the worker has just shown that it can do."""
    return repeated(lambda number: _run(stand, f"latency-{number}"))


def _run(stand: Stand, name: str) -> dict[str, float]:
    with stand.deployment(name) as made:
        return asyncio.run(_latency(made))


async def _latency(made: Deployment) -> dict[str, float]:
    await asyncio.to_thread(made.feed, made_up_stream(WARM_UP))
    async with made.progress() as progress, _reading(made) as read:
        with made.worker() as worker:
            began_s = await progress.wait(1, worker)
            first = await progress.committed()
            ended_s = await progress.wait(WARM_UP, worker)
            capacity = (WARM_UP - first) / (ended_s - began_s)
            rates = {"steady": STEADY_PER_S, "busy": CAPACITY_SHARE * capacity}
            found = {"capacity_events_per_s": capacity}
            start = WARM_UP
            for name, rate in rates.items():
                part = Part(start, start + int(rate * SECONDS))
                figures = await _at_rate(made, part, rate, read, progress, worker)
                found |= {f"{name}_{key}": value for key, value in figures.items()}
                start = part.stop
    return found


async def _at_rate(
    made: Deployment, part: Part, rate: float, read: Read, progress: Any, worker: Watched
) -> dict[str, float]:
    """Return percentiles of decisions that an event asked for; those of a timer have no sender."""
    with sending(made.settings, part, rate) as sent:
        due_s = await asyncio.wrap_future(sent)
    await progress.wait(part.stop, worker)
    await asyncio.sleep(0.5)
    waited = [1e3 * (read[name] - at_s) for name, at_s in due_s.items() if name in read]
    say(f"{rate:,.0f} events/s: {len(waited)} decisions, p50 {percentile(waited, 0.5):.0f} ms")
    return {
        "events_per_s": rate,
        "decisions": len(waited),
        **{f"p{share}_ms": percentile(waited, share / 100) or 0.0 for share in (50, 95, 99)},
    }


@asynccontextmanager
async def _reading(made: Deployment) -> AsyncIterator[Read]:
    """Note when each decision is read, as a push service would read it."""
    read: Read = {}
    decoder = msgspec.json.Decoder(Decision)

    async def follow(consumer: Any) -> None:
        while True:
            fetched = await consumer.getmany(timeout_ms=1_000)
            now_s = time.monotonic()
            for records in fetched.values():
                for record in records:
                    trigger = decoder.decode(record.value).trigger
                    if trigger.due_ms is None:
                        read.setdefault(trigger.event_hash, now_s)

    async with consuming(made.settings, fetch_max_wait_ms=PROMPT_MS) as consumer:
        consumer.assign(await places(made.settings, [made.settings.topic("decisions")]))
        task = asyncio.create_task(follow(consumer))
        try:
            yield read
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
