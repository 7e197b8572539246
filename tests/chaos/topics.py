"""The topics of a round: made, compacted where the plan says so, deleted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import islice

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chaos.feed import Feed
from chaos.oracle import log
from chaos.stream import Record

from streams.engine.topics import AFTER_MAX, create_topics, expected, unguarded
from streams.settings import Settings

COMPACTED = ("clicks", "purchases", "context")
EAGER = {
    "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01", "segment.ms": "1000",
    "max.compaction.lag.ms": "100",
}  # fmt: skip
LASTING = {"cleanup.policy": "delete"}
COMPACTION_S, CONFIGURED_S = 120.0, 30.0


def make(settings: Settings) -> None:
    """Create all topics of a deployment."""
    asyncio.run(create_topics(settings))


def delete(settings: Settings) -> None:
    """Delete them."""
    asyncio.run(_delete(settings))


async def _delete(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        await admin.start()
        await admin.delete_topics(list(expected(settings)))
    finally:
        await admin.close()


def begin_compacted(settings: Settings, feed: Feed, events: Iterable[Record], count: int) -> int:
    """Send ``count`` records, wait until compaction has taken some, then end it.

    Return how many are gone; nobody reads before that, so none of them was ever accepted.
    """
    asyncio.run(_configure(settings, COMPACTED, EAGER))
    feed.send_now(list(islice(events, count)))
    names = [settings.topic(name) for name in COMPACTED]
    deadline = time.monotonic() + COMPACTION_S
    while (left := _present(settings, names)) == count:
        assert time.monotonic() < deadline, "nothing was compacted"
        time.sleep(0.2)
    asyncio.run(_configure(settings, COMPACTED, LASTING))
    before = -1
    while left != before:  # a run of the cleaner may still be on
        time.sleep(0.5)
        before, left = left, _present(settings, names)
    return count - left


def _present(settings: Settings, names: list[str]) -> int:
    return sum(map(len, log.read(settings.broker, names, settings.partitions).values()))


def take_any_time(settings: Settings) -> None:
    """Let the broker take records of any time on the topics of events; it hears of it a little later."""
    asyncio.run(_configure(settings, COMPACTED, {AFTER_MAX: str(2**63 - 1)}))
    deadline = time.monotonic() + CONFIGURED_S
    while len(asyncio.run(unguarded(settings))) < len(COMPACTED):
        assert time.monotonic() < deadline, "the broker keeps its limit"
        time.sleep(0.1)


def cut(settings: Settings, topic: str, before: int) -> None:
    """Delete the records of a topic's one partition before an offset (-1: all)."""
    asyncio.run(_cut(settings, topic, before))


def empty(settings: Settings, topic: str) -> None:
    """Delete all records of a compacted topic with one partition."""
    name = topic.removeprefix(settings.topic_prefix)
    asyncio.run(_configure(settings, (name,), LASTING))
    cut(settings, topic, -1)
    asyncio.run(_configure(settings, (name,), {"cleanup.policy": "compact"}))


async def _cut(settings: Settings, topic: str, before: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        await admin.start()
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before)})
    finally:
        await admin.close()


async def _configure(settings: Settings, names: Iterable[str], config: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        await admin.start()
        await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, settings.topic(name), config)
                for name in names
            ]
        )
    finally:
        await admin.close()
