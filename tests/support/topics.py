"""What administrators do to topics: delete, make again, cut, add partitions, configure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.engine.topics import create_topics, expected
from streams.settings import Settings


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _run(settings: Settings, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    async def whole() -> Any:
        async with _admin(settings) as admin:
            return await work(admin)

    return asyncio.run(whole())


def make_again(settings: Settings, *topics: str) -> None:
    """Delete topics (full names) and make them as the deployment would."""
    _run(settings, lambda admin: admin.delete_topics(list(topics)))
    deadline = time.monotonic() + 20
    while set(topics) & set(_run(settings, lambda admin: admin.list_topics())):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    made: list[str] = []
    while set(topics) - set(made):
        assert time.monotonic() < deadline
        made += asyncio.run(create_topics(settings))
    assert set(topics) <= set(expected(settings))


def cut(settings: Settings, topic: str, before: dict[int, int]) -> None:
    """Delete the records of a topic's partitions before an offset (-1: all)."""
    wanted = {TopicPartition(topic, p): RecordsToDelete(at) for p, at in before.items()}
    _run(settings, lambda admin: admin.delete_records(wanted))


def add_partitions(settings: Settings, count: int, *topics: str) -> None:
    """Raise topics (full names) to ``count`` partitions."""
    wanted = {topic: NewPartitions(count) for topic in topics}
    _run(settings, lambda admin: admin.create_partitions(wanted))


def configure(settings: Settings, topic: str, **config: str) -> None:
    """Set a topic's configuration; underscores stand for dots."""
    given = {name.replace("_", "."): value for name, value in config.items()}
    asked = ConfigResource(ConfigResourceType.TOPIC, topic, given)
    _run(settings, lambda admin: admin.alter_configs([asked]))
