"""Deciding the batches of several partitions together changes nothing but what it costs."""

from __future__ import annotations

import json
import random
from itertools import count, islice

import msgspec
import pytest
from chaos.push_service import PushService
from chaos.stream import BEGIN_MS, shop_events
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline.test_pipeline_fuzz import BUNDLE, SETTINGS, sequences
from support.examples import examples

from schemas.globals import Epoch
from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.state.store import MemoryStore, Work

HOUR_MS = 3_600_000
VAULT = Vault(b"together", SETTINGS.tenant)


def pipeline(*epochs: Epoch) -> Pipeline:
    made = Pipeline(SETTINGS, VAULT, Knowledge(), BUNDLE)
    for epoch in epochs:
        assert made.knowledge.apply_epoch(msgspec.msgpack.encode(epoch)) is None
    return made


class Shop:
    """Partitions that are fed, and answered by a push service, batch by batch."""

    def __init__(self, seed: str, partitions: int) -> None:
        self._rng, self._events = random.Random(seed), shop_events(seed)
        self._service, self._receipts = PushService("", "", seed), []
        self._offsets = [{} for _ in range(partitions)]
        self.stores = [MemoryStore() for _ in range(partitions)]

    def work(self) -> list[Work]:
        batches = [[] for _ in self.stores]
        size = self._rng.choice((1, 7, 60))
        for record in [*islice(self._events, size), *self._receipts]:
            number = int.from_bytes((record.key or b"")[-1:]) % len(batches)
            offset = self._offsets[number].setdefault(record.topic, count())
            batches[number].append(
                SourceRecord(
                    record.topic,
                    number,
                    next(offset),
                    record.timestamp_ms,
                    record.key,
                    record.value,
                )
            )
        self._receipts = []
        zipped = enumerate(zip(self.stores, batches, strict=True))
        return [Work(number, store, batch) for number, (store, batch) in zipped if batch]

    def take(self, work, effects) -> None:
        for each, effect in zip(work, effects, strict=True):
            each.store.apply(effect.rows)
            for output in effect.outputs:
                if output.topic == "recommendations":
                    push, now_ms = json.loads(output.value), each.records[-1].timestamp_ms
                    self._receipts += self._service.fate(push, now_ms)


@pytest.mark.slow
@settings(max_examples=examples(12))
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_together_every_partition_gets_what_it_gets_alone(seed, partitions):
    shop = Shop(str(seed), partitions)
    epochs = [
        Epoch(number=n, holds_from_ms=BEGIN_MS + n * 3 * HOUR_MS, catalog_version=0)
        for n in (1, 2, 3)
    ]
    together, decided = pipeline(*epochs), 0
    for _ in range(25):
        work = shop.work()
        alone = [together.process(*each) for each in work]
        assert together.process_all(work) == alone
        shop.take(work, alone)
        decided += sum(effects.decided for effects in alone)
    assert decided > 5


@settings(max_examples=examples(60))
@given(st.lists(sequences(), min_size=2, max_size=4), st.integers(1, 25))
def test_so_it_is_with_anything_that_is_sent_and_users_in_several_partitions(inputs, size):
    job, stores = pipeline(), [MemoryStore() for _ in inputs]
    for start in range(0, max(map(len, inputs)), size):
        work = []
        for number, records in enumerate(inputs):
            if part := records[start : start + size]:
                mine = [msgspec.structs.replace(record, partition=number) for record in part]
                work.append(Work(number, stores[number], mine))
        alone = [job.process(*each) for each in work]
        assert job.process_all(work) == alone
        for each, effects in zip(work, alone, strict=True):
            each.store.apply(effects.rows)
