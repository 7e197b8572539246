"""A shop in a process of its own: sends part of the made-up stream at a steady rate."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from benchmarks.job.stream import ITEMS, made_up_stream
from schemas.ids import event_hash
from schemas.tables import SourceRecord
from streams.operate.tools.feed import feed
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Part:
    """Events ``start`` to ``stop`` of the stream that the other fields make."""

    start: int
    stop: int
    users: int = 50_000
    seed: int = 42

    def records(self) -> list[SourceRecord]:
        """Return them, without the catalogue."""
        whole = made_up_stream(self.stop, self.users, self.seed)
        return list(islice(whole, self.start + ITEMS, None))


def send(settings: Settings, part: Part, rate_per_s: float) -> dict[str, float]:
    """Send a part; return for each event (its hash, as decisions name it) when it was due to go."""
    due_s: dict[str, float] = {}

    def sent(record: SourceRecord, _: Any, at_s: float) -> None:
        name = msgspec.json.decode(record.value or b"")["event_id"]
        due_s[f"{event_hash(record.topic, name):016x}"] = at_s

    asyncio.run(feed(settings, part.records(), rate_per_s, sent))
    return due_s


@contextmanager
def sending(
    settings: Settings, part: Part, rate_per_s: float
) -> Iterator[Future[dict[str, float]]]:
    """Send in the background; the block's end waits for the end of it."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        yield pool.submit(send, settings, part, rate_per_s)


@contextmanager
def traffic(settings: Settings, part: Part, rate_per_s: float) -> Iterator[None]:
    """Send in the background, no longer than the block lasts."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=send, args=(settings, part, rate_per_s), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
