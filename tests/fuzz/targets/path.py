"""Whole sequences: spoilt records of all topics, catalogue, epochs and signals through one deployment.

What is in the way is validation alone: containment is not asked, so what reaches it is a finding.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from itertools import groupby

import msgspec
from fuzz.deployment import Deployment, reference, silent
from fuzz.mutate import SECRET, spoilt_json, spoilt_msgpack
from fuzz.seeds import CATALOGUE, NOW_MS, SEEDS
from fuzz.target import Inputs, Target, refused
from fuzz.targets.records import KEYS, TIMES_MS

from models.bundle import Bundle
from schemas.tables import SourceRecord

PARTS, OF_PART = 5, 4_000
KNOWLEDGE = ("catalog", "globals")
USERS = [f"user{n}-{SECRET}" for n in range(600)]
ITEMS = [f"item{n}" for n in range(60)]
TOPICS = ("clicks",) * 8 + ("purchases",) * 2 + ("context",) * 2 + (
    "profiles", "social", "push-receipts", "ticks",
)  # fmt: skip
COMMANDS = (None,) * 8 + (b"time-back", b"release")
"""Keys on `ticks`: time alone, mostly."""
STEPS_MS = (0, 0, 1, 1, 1_000, 1_000, 1_000, 5_000)
SPLIT = 700
"""Records at the start of each part that are decided in another split as well."""


def _make(rng: random.Random) -> Inputs:
    made: list[SourceRecord] = []
    now_ms = NOW_MS
    for _ in range(PARTS):
        made += _knowledge(rng, len(made), now_ms)
        for _ in range(OF_PART - 12):
            now_ms += rng.choice(STEPS_MS)
            if rng.random() < 0.0004:
                now_ms += rng.choice((3_600_000, 86_400_000, 7 * 86_400_000, 90 * 86_400_000))
            made.append(_record(rng, len(made), now_ms))
    return made


def _knowledge(rng: random.Random, offset: int, now_ms: int) -> Iterator[SourceRecord]:
    """Spoilt records of the catalogue and one of `globals`: they come between batches."""
    for n in range(11):
        item = rng.choice(ITEMS)
        told = {"item_id": item, "ts": now_ms, "created_ts": now_ms - rng.randrange(10**10)}
        value = spoilt_json(rng, rng.choice(CATALOGUE) | told)
        yield SourceRecord("catalog", 0, offset + n, now_ms, item.encode(), value)
    yield SourceRecord("globals", 0, offset + 11, now_ms, b"epoch", rng.randbytes(8))


def _record(rng: random.Random, offset: int, now_ms: int) -> SourceRecord:
    topic, user = rng.choice(TOPICS), rng.choice(USERS)
    seed = rng.choice(SEEDS[topic]) if topic in SEEDS else {}
    late_ms = rng.choice((0, 0, 0, 60_000, 10**8, 10**9)) if rng.random() < 0.1 else 0
    told = {"user_id": user, "ts": now_ms - late_ms}
    if "event_id" in seed:
        told["event_id"] = f"e{rng.randrange(offset + 1) if rng.random() < 0.05 else offset}"
    if seed.get("item_id"):
        told["item_id"] = rng.choice(ITEMS)
    value: bytes | None = (
        spoilt_json(rng, seed | told) if rng.random() < 0.5 else msgspec.json.encode(seed | told)
    )
    key: bytes | None = user.encode()
    if topic == "ticks":
        key = rng.choice(COMMANDS)
    time_ms = now_ms
    luck = rng.random()
    if luck < 0.01:
        key = rng.choice(KEYS)
        value = rng.choice((value, None))
    elif luck < 0.015:
        time_ms = rng.choice([ms for ms in TIMES_MS if ms != 946_684_800_000])
    return SourceRecord(topic, 0, offset, time_ms, key, value)


def _check(bundle: Bundle | None, records: list[SourceRecord]) -> None:
    if bundle is not None:
        bundle.failures.clear()
    here = Deployment(bundle)
    with silent():
        for is_knowledge, part in groupby(records, lambda r: r.topic in KNOWLEDGE):
            if is_knowledge:
                _tell(here, list(part))
                continue
            some = list(part)
            here.take(some[:SPLIT], split_again=True)
            here.take(some[SPLIT:], split_again=False)


def _tell(here: Deployment, records: list[SourceRecord]) -> None:
    """Publish what was learned, then let the spoilt records at the knowledge."""
    here.publish()
    for record in records:
        if record.topic == "catalog":
            refused(here.job.knowledge.apply_catalog(record), [SECRET])
        elif here.epoch is not None:
            rng = random.Random(record.value)
            epoch = msgspec.to_builtins(here.epoch, builtin_types=(bytes,))
            epoch |= {
                "number": here.epoch.number + 1,
                "holds_from_ms": here.epoch.holds_from_ms + 1,
            }
            refused(here.job.knowledge.apply_epoch(spoilt_msgpack(rng, epoch)), [SECRET])


def _with_bundle(records: list[SourceRecord]) -> None:
    _check(reference(), records)


TARGETS = {
    "path": Target(_make, partial(_check, None), 920),
    "path_with_models": Target(_make, _with_bundle, 100),
}
