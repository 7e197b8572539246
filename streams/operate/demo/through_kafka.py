"""The same log through a worker on a broker, held against the replay in process (DESIGN law 2)."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

from models.bundle import Bundle
from schemas.decision import Decision
from schemas.tables import SourceRecord
from streams.engine.topics import CHANGELOG, create_topics
from streams.offline.explain import explain
from streams.offline.replay import MERGE_ORDER, Replayed
from streams.operate.demo.ledger import Ledger, following
from streams.operate.demo.run import given
from streams.operate.demo.worker import Worker, running
from streams.operate.tools.feed import feed
from streams.operate.tools.reading import read_all
from streams.operate.tools.verdicts import Place, read_verdicts
from streams.pipeline.accept import Vault, read_secret
from streams.pipeline.aggregate import facts_length
from streams.pipeline.assemble import load_bundle
from streams.settings import Settings
from streams.shared.sequence import in_sequence
from streams.state.store import USER

SAMPLED = 200
QUIET_S = 60.0
"""A worker that commits nothing for this long while events wait is stuck."""
_EVENTS = ("consumed", "accepted", "duplicates", "late", "dead_letters")


async def through_kafka(
    log: Iterable[SourceRecord], done: Replayed, out: Path, settings: Settings, broker: str
) -> dict[str, Any]:
    """Send ``log`` through topics of its own on ``broker``; return how it compares with ``done``.

    ``ok``: facts of every user are the same bytes, event counts are equal, and every sampled
    decision is reproduced from the topics.
    """
    name = f"replay-{uuid4().hex[:8]}"
    settings = msgspec.structs.replace(
        settings, broker=broker, app_id=name, topic_prefix=f"{name}.", data_dir=str(out / name),
        catch_up="speak", secret=settings.secret or read_secret(settings).decode(),
    )  # fmt: skip
    await create_topics(settings)
    # All of it before the worker starts: fed beside it, a year in seconds outruns the merge's
    # bounded wait, and events of one topic become late by what another has already told.
    await feed(settings, log)
    with running(given(settings), out / f"{name}.log") as worker:
        worker.wait_until_ready()
        async with following(settings) as ledger:
            await _consumed(ledger, done.counts().get("consumed", 0), worker)
    return await _compare(settings, done, ledger.counts())


async def _consumed(ledger: Ledger, wanted: int, worker: Worker) -> None:
    seen, since_s = -1, time.monotonic()
    while (count := ledger.counts()["consumed"]) < wanted:
        worker.check()
        if count != seen:
            seen, since_s = count, time.monotonic()
        if time.monotonic() - since_s > QUIET_S:
            return
        await asyncio.sleep(0.05)


async def _compare(settings: Settings, done: Replayed, counts: dict[str, int]) -> dict[str, Any]:
    expected = done.counts()
    counts_equal = all(counts.get(n, 0) == expected.get(n, 0) for n in _EVENTS)
    live = await _live_facts(settings)
    wanted = {key: row for store in done.stores for key, row in _facts(store.rows).items()}
    different = sum(live.get(key) != facts for key, facts in wanted.items())
    sampled, failed = await _check_decisions(settings)
    return {
        "ok": counts_equal and not different and len(live) == len(wanted) and not failed,
        "consumed": counts.get("consumed", 0),
        "counts_equal": counts_equal,
        "users": len(wanted),
        "users_with_different_facts": different + abs(len(live) - len(wanted)),
        "decisions_sampled": sampled,
        "decisions_not_reproduced": len(failed),
        "first_failures": failed[:3],
    }


def _facts(rows: dict[bytes, bytes]) -> dict[bytes, bytes]:
    return {k: row[: facts_length(row)] for k, row in rows.items() if k.startswith(USER)}


async def _live_facts(settings: Settings) -> dict[bytes, bytes]:
    unprefixed = msgspec.structs.replace(settings, topic_prefix="")
    changes = await read_all(unprefixed, f"{settings.app_id}-{CHANGELOG}")
    rows: dict[bytes, bytes] = {}
    for change in changes:
        if change.value is None:
            rows.pop(change.key, None)
        else:
            rows[change.key] = change.value
    return _facts(rows)


async def _check_decisions(settings: Settings) -> tuple[int, list[str]]:
    """Explain a seeded sample of decisions from what the topics hold; return the failures."""
    values = [record.value for record in await read_all(settings, "decisions")]
    chosen = random.Random(0).sample(values, min(SAMPLED, len(values)))
    vault = Vault(read_secret(settings), settings.tenant)
    log = await read_log(settings)
    bundle = load_bundle(settings)
    failed = []
    for value in chosen:
        decision = msgspec.json.decode(value, type=Decision)
        failed += check_decision(decision, log[decision.partition], bundle, settings, vault)
    return len(chosen), failed


def check_decision(
    decision: Decision,
    log: list[SourceRecord],
    bundle: Bundle | None,
    settings: Settings,
    vault: Vault,
) -> list[str]:
    """Return a sentence for each link of the chain that does not hold."""
    checks = explain(decision, log, bundle, settings, vault)
    return [f"{decision.decision_id} {c.link}: {c.detail}" for c in checks if c.same is False]


async def read_log(settings: Settings) -> dict[int, list[SourceRecord]]:
    """Return what the source topics hold, per partition in merge order, with the verdicts on it."""
    log: dict[int, list[SourceRecord]] = defaultdict(list)
    topics = [settings.topic(name) for name in MERGE_ORDER]
    refused = await read_verdicts(settings)
    for record in await read_all(settings, *MERGE_ORDER):
        place = Place(record.topic, record.partition, record.offset)
        log[record.partition].append(
            SourceRecord(
                record.topic, record.partition, record.offset, record.timestamp,
                record.key, record.value, refused=refused.get(place),
            )
        )  # fmt: skip
    return {partition: in_sequence(records, topics) for partition, records in log.items()}
