"""Ticks: on a quiet partition time passes as records, the same ones in every replay."""

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

CATCH_UP_MS = 900_000
"""A tick moves time by at most a quarter of an hour: what came due in a day of outage fires over 96
ticks, not in one batch."""


def tick_time(progress: Progress, stream_ms: int | None, broker_ms: int) -> int | None:
    """Return the time a tick should tell: stream time plus what has elapsed since the last input.

    A replay of old history moves on from its own end; nothing is ever told from the broker's future, and
    after an outage time catches up by `CATCH_UP_MS` a tick. None: no event was seen yet, or stream time
    is ahead of the broker's.
    """
    if stream_ms is None or progress.stream_ms is None or stream_ms > broker_ms:
        return None
    elapsed_ms = max(broker_ms - progress.broker_ms, 0)
    now_ms = min(progress.stream_ms + elapsed_ms, broker_ms)
    return max(stream_ms, min(now_ms, stream_ms + CATCH_UP_MS))


class TickWriter(Service):
    """Writes a tick to each of this worker's partitions that has no lag and no traffic."""

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
            await self.sleep(interval_s / 4)
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
        state, broker_ms = self._app.engine.partition(partition), self._app.clock.ms
        if broker_ms is None:
            return
        ts = tick_time(state.progress, self._app.engine.stream_ms(partition), broker_ms)
        if ts is not None:
            value = msgspec.json.encode(Tick(ts=ts))
            await self._producer.send_and_wait(
                self._topic, value, partition=partition, timestamp_ms=ts
            )
