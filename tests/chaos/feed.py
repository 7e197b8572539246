"""The producers of a round: at a pace, in the background, and not always in order."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from chaos.oracle.facts import TOPICS
from chaos.push_service import PushService
from chaos.stream import Record

CHUNK = 20
TRICKLE = 0.15
"""Share of the pace that is kept up once the least is sent, while faults still go on."""
LEAD = 500
"""Most records that are sent and not yet known to be committed: who is down is not flooded."""
PATIENCE_MS = 120_000
"""Longer than a broker stays away."""
NAPS_S = 0.5


@dataclass(slots=True)
class Manner:
    """How producers behave. ``resent``: share of chunks that are sent once more, a little later;
    ``aborted``: share of chunks whose transaction is aborted first (None: no transactions).
    """

    per_s: float = 250.0
    resent: float = 0.0
    aborted: float | None = None


class Feed:
    """Sends records of an endless stream until told to stop; at least ``least`` of them.

    A chunk is confirmed before the next is sent; one that failed is sent again as it is.
    """

    def __init__(
        self,
        broker: str,
        prefix: str,
        events: Iterator[Record],
        manner: Manner,
        seed: str,
        service: PushService | None = None,
    ) -> None:
        """``service``: whose receipts go between the ``events``."""
        self.sent = 0
        self.events = 0
        """Records sent, and those of them that the oracle counts as events."""
        self.done = 0
        """Records known to be committed; whoever looks says so here."""
        self.did: Counter[str] = Counter()
        """How often each fault of the producers took place."""
        self.ends: dict[tuple[str, int], int] = {}
        """Per topic (full name) and partition the offset after the last record that counts."""
        self._broker, self._prefix, self._events, self._manner = broker, prefix, events, manner
        self._catalogue = f"{prefix}catalog"
        """No group reads it: it has no end that is waited for."""
        self._service = service
        self._rng = random.Random(seed)
        self._slips: SimpleQueue[tuple[str, Callable[[int], list[Record]]]] = SimpleQueue()
        self._least = 0
        self._enough = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def places(self) -> list[tuple[str, int]]:
        """Topics (full names) and partitions that hold what was sent."""
        return list(self.ends)

    def send_now(self, records: list[Record]) -> None:
        """Send ``records`` before the feed starts, a chunk after the other."""
        asyncio.run(self._send_all(records))

    def slip_in(self, name: str, make: Callable[[int], list[Record]]) -> None:
        """Send what ``make`` returns, given the time of the stream, behind the next chunk."""
        self._slips.put((name, make))

    def start(self, least: int) -> None:
        """Begin; go on until `stop`, and until ``least`` records are sent."""
        self._least = least
        self._thread.start()

    def stop(self, timeout_s: float = 240.0) -> None:
        """Send what is missing to ``least``, and end."""
        self._enough.set()
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the producers do not come to an end"
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._feed())
        except BaseException as error:
            self._failure = error

    # -- in the feed's thread

    async def _feed(self) -> None:
        producer = await self._producer()
        if self._service:
            await self._service.start()
        try:
            earlier: list[list[Record]] = []
            while not self._enough.is_set() or self.sent < self._least:
                began = time.monotonic()
                if self.sent - self.done > LEAD and not self._enough.is_set():
                    await asyncio.sleep(0.05)
                    continue
                chunk = list(islice(self._events, CHUNK))
                if self._service:
                    chunk += await self._service.receipts(chunk[-1].timestamp_ms)
                producer = await self._surely(producer, chunk)
                producer = await self._slip(producer, chunk[-1].timestamp_ms)
                if self._rng.random() < self._manner.resent:
                    earlier.append(chunk)
                if earlier and self._rng.random() < 0.3:
                    producer = await self._surely(producer, earlier.pop(0))
                    self.did["resent_batches"] += 1
                await asyncio.sleep(max(self._pace_s() - (time.monotonic() - began), 0))
        finally:
            await producer.stop()
            if self._service:
                await self._service.stop()

    async def _slip(self, producer: Any, at_ms: int) -> Any:
        with suppress(Empty):
            while True:
                name, make = self._slips.get_nowait()
                producer = await self._surely(producer, make(at_ms))
                self.did[name] += 1
        return producer

    def _pace_s(self) -> float:
        if self._enough.is_set():
            return 0.0
        slower = TRICKLE if self.sent >= self._least else 1.0
        return CHUNK / (self._manner.per_s * slower)

    async def _surely(self, producer: Any, chunk: list[Record]) -> Any:
        """Send a chunk, with another producer if this one fails; return the one that works."""
        while True:
            try:
                if self._manner.aborted is not None:
                    await self._in_transactions(producer, chunk)
                else:
                    await self._send(producer, chunk)
            except KafkaError:
                await producer.stop()
                await asyncio.sleep(NAPS_S)
                producer = await self._producer()
            else:
                self.sent += len(chunk)
                self.events += sum(record.topic in TOPICS for record in chunk)
                return producer

    async def _in_transactions(self, producer: Any, chunk: list[Record]) -> None:
        """Send in one transaction; first, sometimes, in one that is aborted."""
        if self._rng.random() < (self._manner.aborted or 0):
            await producer.begin_transaction()
            await self._send(producer, chunk, counts=False)
            await producer.abort_transaction()
            self.did["aborted_input"] += 1
        async with producer.transaction():
            await self._send(producer, chunk)

    async def _send(self, producer: Any, chunk: list[Record], counts: bool = True) -> None:
        waiting = [
            await producer.send(
                self._prefix + each.topic, each.value, each.key, timestamp_ms=each.timestamp_ms
            )
            for each in chunk
        ]
        for place in await asyncio.gather(*waiting):
            if counts and place.topic != self._catalogue:
                self.ends[place.topic, place.partition] = place.offset + 1

    async def _send_all(self, records: list[Record]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._broker, enable_idempotence=True)
        await producer.start()
        for at in range(0, len(records), CHUNK):
            await self._send(producer, records[at : at + CHUNK])
        await producer.stop()

    async def _producer(self) -> AIOKafkaProducer:
        identity = (
            {"enable_idempotence": True}
            if self._manner.aborted is None
            else {"transactional_id": f"{self._prefix}producer"}
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=self._broker, request_timeout_ms=PATIENCE_MS, **identity
        )
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while True:
            try:
                await producer.start()
            except KafkaError:
                await producer.stop()
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(NAPS_S)
            else:
                return producer
