"""The decoders of the topics that make a partition's input: clicks, orders, context, and the others."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
from fuzz.mutate import SECRET, spoilt_json
from fuzz.seeds import NOW_MS, SEEDS
from fuzz.target import Inputs, Target, promise, refused

from schemas.state import NEVER_MS
from schemas.tables import EventBatch, SourceRecord
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, dead_letter_output
from streams.pipeline.accept.accept import EVENT_TOPICS
from streams.pipeline.aggregate.consent import NO
from streams.settings import load_settings
from streams.shared.sizes import LARGEST_BYTES, size_of

COUNT, BESIDE = 1_000, 100
"""Inputs of a batch; of these so many are also tried without the dead ones among them."""
SETTINGS = load_settings(
    {}, consent_default="granted", repeat_item_views=2, debounce_ms=60_000, social="on",
    quiet_start="00:00", quiet_end="00:00", max_value_bytes=4_096,
)  # fmt: skip
VAULT = Vault(b"a secret of the fuzzer", SETTINGS.tenant)
USER = f"anna-{SECRET}@example"
KEYS = (None, b"", b"\xff", b"x" * 9_999, b"bert", USER.encode() + b" ")
TIMES_MS = (0, -1, -(2**63), 2**63 - 1, NOW_MS * 1_000, 4_102_444_800_000, 946_684_800_000, 1)
HEADERS = ((("", b""),), (("\ufffd" * 9, b"\xff" * 70_000),), (("kairos-reason", b"x"),) * 3)


def source(rng: random.Random, topic: str, offset: int, **told: Any) -> SourceRecord:
    """Return a record of a topic whose value is spoilt, seldom its key, its time or its headers."""
    record = rng.choice(SEEDS[topic]) | told
    value: bytes | None = spoilt_json(rng, record)
    user, time_ms, headers = str(record["user_id"]).encode(), NOW_MS, ()
    if rng.random() < 0.03:
        user = rng.choice(KEYS)  # type: ignore[assignment]
        time_ms, headers = rng.choice((NOW_MS, *TIMES_MS)), rng.choice(((), *HEADERS))
        value = rng.choice((value, value, None, b" " * 5_000))
    return SourceRecord(topic, 0, offset, time_ms, user, value, headers)


def _make(topic: str, rng: random.Random) -> Inputs:
    return [source(rng, topic, offset, user_id=USER) for offset in range(COUNT)]


def _check(topic: str, records: list[SourceRecord]) -> None:
    """Each is accepted or a dead letter with a reason that repeats no value; none costs another."""
    batch = accept(records, NEVER_MS, SETTINGS, VAULT, NO_REFUSALS)
    dead = {letter.record.offset for letter in batch.dead}
    promise(len(dead) == len(batch.dead), "a record is dead twice")
    for letter in batch.dead:
        refused(letter.sentence, [SECRET])
        size = size_of(dead_letter_output(letter, SETTINGS.topic_prefix))
        promise(size <= LARGEST_BYTES, "a dead letter is too large", size)
    _check_counts(topic, batch, len(records), len(records) - len(dead))
    _check_beside(records[:BESIDE])


def _check_beside(records: list[SourceRecord]) -> None:
    """Without the dead ones the sound ones are what they were: a dead one says no and nothing else."""
    batch = accept(records, NEVER_MS, SETTINGS, VAULT, NO_REFUSALS)
    dead = {letter.record.offset for letter in batch.dead}
    sound = [record for record in records if record.offset not in dead]
    alone = accept(sound, NEVER_MS, SETTINGS, VAULT, NO_REFUSALS)
    promise(not alone.dead, "a record is dead or not by what is beside it")
    promise(_rows(alone) == _rows(batch), "a dead record leaves rows behind")
    said = batch.contexts[np.isin(batch.contexts["pos"], _places(batch, dead))]
    promise(bool((said["value"] == NO).all()), "a dead record says something else than no")


def _places(batch: EventBatch, dead: set[int]) -> list[int]:
    return [pos for pos, record in enumerate(batch.records) if record.offset in dead]


def _rows(batch: EventBatch) -> list[tuple[bytes, ...]]:
    """What sound records tell, without the positions, which dead ones shift."""
    dead = _places(batch, {letter.record.offset for letter in batch.dead})
    sound = batch.contexts[~np.isin(batch.contexts["pos"], dead)]
    tables = (batch.events, batch.facts, sound, batch.receipts)
    return [
        tuple(table[name].tobytes() for name in table.dtype.names or () if name != "pos")
        for table in tables
    ]


def _check_counts(topic: str, batch: EventBatch, all_of_them: int, sound: int) -> None:
    counts = batch.counts
    if topic in EVENT_TOPICS:
        ends = counts["accepted"] + counts["duplicates"] + counts["late"] + counts["dead_letters"]
        promise(ends == counts["consumed"] == all_of_them, "law 4 does not hold", counts)
        promise(len(batch.events) == sound, "an accepted record is no event", counts)
    else:
        other = counts[{"push-receipts": "receipts"}.get(topic, topic)]
        promise(other + counts["other_dead_letters"] == all_of_them, "a record is not counted")


TARGETS = {
    topic: Target(partial(_make, topic), partial(_check, topic), share)
    for topic, share in {
        "clicks": 1_578, "purchases": 1_000, "context": 800, "profiles": 600, "social": 500,
        "push-receipts": 500,
    }.items()
}  # fmt: skip
