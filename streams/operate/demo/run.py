"""The demo, step by step: train on the first part of a log, serve the rest through a real Kafka."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.structs import ConsumerRecord

from schemas.export import FOLDER as SCHEMAS
from schemas.tables import SourceRecord
from streams.engine.topics import create_topics
from streams.offline.sources import open_source
from streams.offline.training.train import train
from streams.operate.console import bars, say
from streams.operate.demo.latency import Latency, percentile
from streams.operate.demo.ledger import Ledger, following
from streams.operate.demo.verify import Outputs, decoded, invalid, problems
from streams.operate.demo.worker import Worker, running
from streams.operate.tools.feed import feed
from streams.operate.tools.letter_headers import texts
from streams.operate.tools.reading import read_all
from streams.pipeline.accept import Vault, read_secret
from streams.settings import Settings

COUNTED = ("clicks", "purchases", "context")
"""Topics whose records law 4 accounts for."""
LAW_4 = ("consumed", "accepted", "duplicates", "late", "dead_letters")
"""Counters of the summary: the last four add up to the first."""
TRAIN_SHARE = 0.5
LIVE_S = 20
LIVE_PER_S = 500
MOST_WAIT_S = 240.0
STEPS = 60
"""Pieces of a log between two movements of the progress bar."""


@dataclass(slots=True)
class Parts:
    """A log cut by time: ``past`` to train on, ``replayed`` at full speed, ``live`` at a rate."""

    past: list[SourceRecord]
    replayed: list[SourceRecord]
    live: list[SourceRecord]

    def produced(self) -> int:
        """How many served records law 4 accounts for."""
        return sum(r.topic in COUNTED for part in (self.replayed, self.live) for r in part)


def cut(records: list[SourceRecord]) -> Parts:
    """Cut a log; items that the past brought to the catalogue are served again with the rest."""
    trained = int(len(records) * TRAIN_SHARE)
    live = len(records) - min(LIVE_S * LIVE_PER_S, (len(records) - trained) // 2)
    past = records[:trained]
    items = [record for record in past if record.topic == "catalog"]
    return Parts(past, items + records[trained:live], records[live:])


async def train_on(records: list[SourceRecord], out_dir: Path, settings: Settings) -> None:
    """Train a bundle on ``records`` alone: nothing of what is served later is known to it."""
    vault = Vault(read_secret(settings), settings.tenant)
    with bars() as bar:
        task = bar.add_task("training", total=len(records))
        train(records, out_dir, settings, vault, progress=lambda n: bar.update(task, completed=n))


async def serve(
    settings: Settings, log: Path, at_end: Callable[[dict[str, Any]], Awaitable[None]]
) -> dict[str, Any]:
    """Run the demo on a broker that is up; return the summary, its ``problems`` included."""
    parts = cut(list(open_source("deskdrop", log)))
    home = Path(settings.data_dir)
    with timed(f"trained on the first {len(parts.past):,} records"):
        await train_on(parts.past, home / "bundle", settings)
    served = msgspec.structs.replace(settings, bundle=str(home / "bundle"))
    await create_topics(served)
    # A backlog first: months of log sent within seconds to a worker that follows would make
    # some of it late, because a worker waits only so long for a topic that lags.
    await _send(served, parts.replayed, "replaying", None, None)
    with running(given(served), home / "worker.log") as worker:
        say(f"worker {worker.pid} is ready after {worker.wait_until_ready():.1f} s")
        result = await _through(served, parts, worker)
        await at_end(result)
    return result


async def _through(settings: Settings, parts: Parts, worker: Worker) -> dict[str, Any]:
    latency = Latency()
    backlog = sum(record.topic in COUNTED for record in parts.replayed)
    async with following(settings, latency.seen) as ledger:
        began = time.monotonic()
        await _consumed(ledger, backlog, worker)
        took_s = time.monotonic() - began
        say(f"{backlog:,} events in {took_s:.1f} s")
        await _send(settings, parts.live, f"live, {LIVE_PER_S}/s", LIVE_PER_S, latency)
        await _consumed(ledger, parts.produced(), worker)
    return await _summary(settings, parts, ledger, latency, backlog / took_s)


async def _send(
    settings: Settings,
    records: list[SourceRecord],
    title: str,
    rate: float | None,
    latency: Latency | None,
) -> None:
    def sent(record: SourceRecord, place: Any, at_s: float) -> None:
        if latency is not None and record.topic in COUNTED:
            latency.sent(place.topic, place.partition, place.offset, at_s)

    with bars() as bar:
        task = bar.add_task(title, total=len(records))

        def counted() -> Iterator[SourceRecord]:
            for n, record in enumerate(records):
                if n % max(len(records) // STEPS, 1) == 0:
                    bar.update(task, completed=n)
                yield record

        await feed(settings, counted(), rate, sent)
        bar.update(task, completed=len(records))


async def _consumed(ledger: Ledger, wanted: int, worker: Worker) -> None:
    """Wait until the committed counters have come to ``wanted`` events."""
    deadline = time.monotonic() + MOST_WAIT_S
    with bars() as bar:
        task = bar.add_task("decided on", total=wanted)
        while (done := ledger.counts()["consumed"]) < wanted:
            worker.check()
            if time.monotonic() > deadline:
                say(f"waited {MOST_WAIT_S:.0f} s for {wanted - done} events; see {worker.log}")
                return
            bar.update(task, completed=done)
            await asyncio.sleep(0.02)
        bar.update(task, completed=done)


def _of_catalogue(letter: ConsumerRecord[bytes, bytes]) -> bool:
    """Whether a dead letter is one that the partitions' counters do not count."""
    return texts(letter).get("kairos-topic") == "catalog"


async def _summary(
    settings: Settings, parts: Parts, ledger: Ledger, latency: Latency, events_per_s: float
) -> dict[str, Any]:
    outputs = Outputs(
        decoded([record.value for record in await read_all(settings, "decisions")]),
        decoded([record.value for record in await read_all(settings, "recommendations")]),
        decoded([record.value for record in await read_all(settings, "suppressions")]),
        sum(not _of_catalogue(letter) for letter in await read_all(settings, "dead-letters")),
    )
    schema = json.loads((SCHEMAS / "recommendation.schema.json").read_bytes())
    counts, measured = ledger.counts(), latency.milliseconds()
    found = problems(outputs, counts, parts.produced())
    found += invalid(outputs.recommendations, schema)
    return {
        "problems": found,
        **{name: counts[name] for name in LAW_4},
        "decided": len(outputs.decisions),
        "recommended": outputs.recommended,
        "suppressed": outputs.suppressed,
        "cancelled": outputs.cancelled,
        "events_per_s": round(events_per_s),
        "latency_ms": {
            "events": len(measured),
            "per_s": LIVE_PER_S,
            "p50": _rounded(percentile(measured, 0.50)),
            "p99": _rounded(percentile(measured, 0.99)),
        },
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def given(settings: Settings) -> dict[str, Any]:
    """Return what a worker must be told: every setting that is not its default."""
    defaults = Settings()
    return {
        name: getattr(settings, name)
        for name in Settings.__struct_fields__
        if getattr(settings, name) != getattr(defaults, name) and name != "event_names"
    }


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long the block took."""
    began = time.monotonic()
    yield
    say(f"{what} in {time.monotonic() - began:.1f} s")
