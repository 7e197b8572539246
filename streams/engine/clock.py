"""The broker's time: when it says a probe came. The worker's own clock tells nothing but how far it is off."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka.errors import KafkaError
from mode import Service

from streams.engine.client import plain_producer
from streams.engine.topics import CLOCK
from streams.settings import Settings

LOG_APPEND_TIME = 1
OLD_S = 60.0
"""A probe older than that says too little of now to refuse a record by it."""
OFF_MS = 60_000
"""A worker's clock that is further off than this is worth a warning."""
PAUSE_S = 0.2
LONGEST_S = 30.0
"""A worker that nobody sends anything asks so rarely; `OLD_S` is longer."""


class BrokerClock(Service):
    """Asks the broker for the time, once every tick period as long as somebody lives by it.

    ``ms``: the broker's time at the newest probe, ms UTC; None: none was acknowledged yet.
    """

    def __init__(self, settings: Settings, **kwargs: Any) -> None:
        self._settings = settings
        self._topic = settings.topic(CLOCK)
        self._asked_s = 0.0
        self._is_off = False
        self._wanted = asyncio.Event()
        self.ms: int | None = None
        super().__init__(**kwargs)

    async def on_start(self) -> None:
        """Open a producer of its own."""
        self._producer = plain_producer(self._settings)
        await self._producer.start()

    async def on_stop(self) -> None:
        """Close the producer."""
        await self._producer.stop()

    async def now(self) -> int | None:
        """Return the broker's time, at most `OLD_S` old, once it is known; None: the worker stops."""
        while not self.should_stop:
            if self.ms is not None and time.monotonic() - self._asked_s < OLD_S:
                return self.ms
            await self.sleep(PAUSE_S)
        return None

    def told(self) -> int | None:
        """Return ``ms``; whoever decides by it has it asked anew."""
        self._wanted.set()
        return self.ms

    def about_ms(self) -> int | None:
        """Return what the time should be by now: good enough to see whether asking is worth it."""
        return self.ms and self.ms + int((time.monotonic() - self._asked_s) * 1000)

    async def asked(self) -> int | None:
        """Return the broker's time now; None: it was not acknowledged."""
        return self.ms if await self._probe() else None

    @Service.task
    async def _ask(self) -> None:
        while not self.should_stop:
            self._wanted.clear()
            await self._probe()
            await self.sleep(self._settings.tick_ms / 1000)
            await self.wait(self._wanted, timeout=LONGEST_S)

    async def _probe(self) -> bool:
        asked_s = time.monotonic()
        try:
            answer = await self._producer.send_and_wait(self._topic, b"", partition=0)
        except KafkaError as error:
            self.log.warning("The broker does not tell the time: %r", error)
            return False
        self._take(answer, asked_s, time.time_ns() // 1_000_000)
        return True

    def _take(self, answer: Any, asked_s: float, own_ms: int) -> None:
        """Note what the broker answered to a probe of ``asked_s``; ``own_ms``: the worker's clock."""
        if answer.timestamp_type != LOG_APPEND_TIME:
            self.log.error(
                "%s must have message.timestamp.type=LogAppendTime: no time is known", self._topic
            )
            return
        self.ms, self._asked_s = answer.timestamp, asked_s
        off_ms = own_ms - answer.timestamp
        if (abs(off_ms) > OFF_MS) != self._is_off:
            self._is_off = not self._is_off
            if self._is_off:
                self.log.warning("This worker's clock is %d s off the broker's", off_ms // 1000)
            else:
                self.log.info("This worker's clock is right again")
