"""Ticks: on a quiet partition time passes as records, the same ones in every replay.

A tick comes when a timer is due, and once a minute as long as the partition holds timers, or pushes that
may have to be taken back, or is to adopt an epoch that asks its users something. A partition that waits
for nothing is told nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec
from mode import Service

from schemas.events import Tick
from streams.engine.client import plain_producer
from streams.engine.progress import Progress
from streams.settings import Settings
from streams.shared.blame import may_be_the_input, named
from streams.state.store import next_due_ms

CATCH_UP_MS = 900_000
"""A tick moves time by at most a quarter of an hour: what came due in a day of outage fires over 96
ticks, not in one batch."""


HEARTBEAT_MS = 60_000
"""So long a partition that holds timers or pushes is not told the time if none of them is due."""


def now_of(progress: Progress, stream_ms: int | None, broker_ms: int) -> int | None:
    """Return a quiet partition's time: stream time plus what has elapsed since the last input.

    A replay of old history moves on from its own end; nothing is ever told from the broker's future.
    None: no event was seen yet, or stream time is ahead of the broker's.
    """
    if stream_ms is None or progress.stream_ms is None or stream_ms > broker_ms:
        return None
    elapsed_ms = max(broker_ms - progress.broker_ms, 0)
    return max(stream_ms, min(progress.stream_ms + elapsed_ms, broker_ms))


def tick_time(progress: Progress, stream_ms: int | None, broker_ms: int) -> int | None:
    """Return the time a tick tells, as `now_of`: after an outage it catches up by `CATCH_UP_MS` a tick."""
    now_ms = now_of(progress, stream_ms, broker_ms)
    return None if now_ms is None or stream_ms is None else min(now_ms, stream_ms + CATCH_UP_MS)


def is_awaited(now_ms: int, stream_ms: int, due_ms: int | None, *, holds: bool) -> bool:
    """Whether a quiet partition is to be told the time.

    ``due_ms``: of its next timer, None: it has none; ``holds``: something else waits for time.
    """
    if due_ms is not None and due_ms <= now_ms:
        return True
    return (due_ms is not None or holds) and now_ms - stream_ms >= HEARTBEAT_MS


class TickWriter(Service):
    """Writes ticks to those of this worker's partitions that have no lag and no traffic."""

    def __init__(self, app: Any, settings: Settings, **kwargs: Any) -> None:
        self._app = app
        self._settings = settings
        self._topic = app.options.ticks
        self.refused: Counter[int] = Counter()
        super().__init__(**kwargs)

    async def on_start(self) -> None:
        """Open a producer of its own: ticks are input, no part of any transaction."""
        self._producer = plain_producer(self._settings)
        await self._producer.start()

    async def on_stop(self) -> None:
        """Close the producer."""
        await self._producer.stop()

    @Service.task
    async def _write(self) -> None:
        interval_s = self._settings.tick_ms / 1000
        while not self.should_stop:
            await self.sleep(interval_s / 2)
            quiet = await self._app.engine.quiet(interval_s)
            await asyncio.gather(*map(self._tick, quiet))

    async def _tick(self, partition: int) -> None:
        """Tell a partition the time; that it cannot be told is news for the log, not the end."""
        try:
            await self._tell(partition)
        except BaseException as error:
            if not (isinstance(error, Exception) or may_be_the_input(error)):
                raise
            self.refused[partition] += 1
            self.log.warning(
                "%s[%d]: no tick: %s (%d of this partition)",
                self._topic, partition, named(error), self.refused[partition],
            )  # fmt: skip

    async def _tell(self, partition: int) -> None:
        about_ms = self._app.clock.about_ms()
        if about_ms is None or not self._is_awaited(partition, about_ms):
            return
        broker_ms = await self._app.clock.asked()
        if broker_ms is None:
            return
        state = self._app.engine.partition(partition)
        ts = tick_time(state.progress, state.marked.stream_ms, broker_ms)
        if ts is not None:
            value = msgspec.json.encode(Tick(ts=ts))
            await self._producer.send_and_wait(
                self._topic, value, partition=partition, timestamp_ms=ts
            )

    def _is_awaited(self, number: int, broker_ms: int) -> bool:
        partition = self._app.engine.partition(number)
        stream_ms, pushes_until_ms, epoch = partition.marked
        now_ms = now_of(partition.progress, stream_ms, broker_ms)
        if now_ms is None or stream_ms is None:
            return False
        holds = pushes_until_ms > stream_ms or self._app.epoch_asks(number, epoch)
        return is_awaited(now_ms, stream_ms, next_due_ms(partition.store), holds=holds)
