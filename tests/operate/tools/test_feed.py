"""Feeding a log through real topics: everything arrives, where and when it should."""

from __future__ import annotations

import time
import uuid

import pytest

from schemas.tables import SourceRecord
from streams.engine.topics import create_topics
from streams.offline.replay import partition_of
from streams.operate.tools.feed import feed
from streams.operate.tools.reading import read_all
from streams.settings import Settings, load_settings

pytestmark = pytest.mark.kafka
BEGAN_MS = 1_456_790_400_000


@pytest.fixture
async def own(broker: str) -> Settings:
    name = uuid.uuid4().hex[:8]
    made = load_settings({}, broker=broker, topic_prefix=f"{name}.", app_id=name, partitions=3)
    await create_topics(made)
    return made


def log(n: int) -> list[SourceRecord]:
    return [
        SourceRecord(
            "clicks" if i % 3 else "context", 0, i, BEGAN_MS + i, b"u%d" % (i % 17), b"%d" % i
        )
        for i in range(n)
    ]


async def test_every_record_arrives_with_its_time_key_and_partition(own: Settings) -> None:
    records = log(6_000)
    assert await feed(own, records) == len(records)
    arrived = await read_all(own, "clicks", "context")
    assert sorted((r.timestamp, r.key, r.value) for r in arrived) == [
        (r.timestamp_ms, r.key, r.value) for r in records
    ]
    assert all(r.partition == partition_of(r.key, own.partitions) for r in arrived)


async def test_the_rate_is_kept(own: Settings) -> None:
    handed_over: list[float] = []
    began = time.monotonic()
    await feed(own, log(100), 200, lambda _record, _place, at: handed_over.append(at))
    assert handed_over[0] - began < 5
    assert 0.45 < handed_over[-1] - handed_over[0] < 2


async def test_the_caller_learns_where_each_record_lies(own: Settings) -> None:
    places: set[tuple[str, int, int]] = set()
    await feed(
        own, log(50), sent=lambda _record, place, _at: places.add(
            (place.topic, place.partition, place.offset)
        )
    )  # fmt: skip
    arrived = await read_all(own, "clicks", "context")
    assert places == {(r.topic, r.partition, r.offset) for r in arrived}
