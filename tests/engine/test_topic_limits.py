"""Limits and policies of the topics that a worker writes are judged before it works."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.engine.topic_limits import NEEDED_BYTES, WRITTEN, find_unfit, read_configs
from streams.engine.topics import (
    CATALOGUE,
    CHANGELOG,
    TopicsError,
    check_topics,
    create_topics,
    expected,
    refuse_problems,
)
from streams.operate.tools.doctor import check_topic_list
from streams.settings import Settings

STOCK = {"max.message.bytes": "1048588", "segment.bytes": "1073741824", "min.insync.replicas": "1"}
WANTED = expected(Settings(app_id="shop"))
NOT_WRITTEN_YET = {"outcomes", "bundles"}


def unfit(name: str, copies: int = 1, **changes: str) -> list[tuple[str, str]]:
    """What is wrong with a topic whose settings are a stock broker's but for the changes."""
    policy = {"cleanup.policy": WANTED[name].topic_configs.get("cleanup.policy", "delete")}
    configs = STOCK | policy | {key.replace("_", "."): value for key, value in changes.items()}
    return list(find_unfit({name: WANTED[name]}, {name: configs}, {name: copies}))


def test_every_topic_that_is_no_input_is_judged() -> None:
    ours = {topic.name for topic in CATALOGUE if not topic.sentence.startswith("Input")}
    assert set(WRITTEN) == ours - NOT_WRITTEN_YET


@pytest.mark.parametrize("name", [*sorted(WRITTEN), f"shop-{CHANGELOG}"])
def test_a_stock_broker_takes_all_that_is_written(name: str) -> None:
    assert unfit(name) == []


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        (f"shop-{CHANGELOG}", {"max_message_bytes": "100000"}, "max.message.bytes=100000"),
        ("decisions", {"max_message_bytes": str(NEEDED_BYTES - 1)}, "max.message.bytes"),
        ("signals", {"segment_bytes": "500000"}, "segment.bytes=500000"),
        ("signals", {"cleanup_policy": "compact"}, "cleanup.policy=compact"),
        ("ticks", {"cleanup_policy": "compact,delete"}, "cleanup.policy=compact,delete"),
        (f"shop-{CHANGELOG}", {"cleanup_policy": "delete"}, "cleanup.policy=delete"),
        ("late", {"min_insync_replicas": "2"}, "min.insync.replicas=2"),
        ("clock", {"message_timestamp_type": "CreateTime"}, "message.timestamp.type=CreateTime"),
    ],
)
def test_what_would_fail_at_work_is_named_with_its_remedy(
    name: str, changes: dict[str, str], said: str
) -> None:
    ((topic, sentence),) = unfit(name, **changes)
    assert topic == name
    assert said in sentence
    assert f"--entity-name {name} --add-config {said.split('=')[0]}=" in sentence


def test_what_the_cluster_does_not_tell_is_no_problem() -> None:
    assert list(find_unfit(WANTED, {}, {})) == []


async def _alter(broker: str, topic: str, **changes: str) -> None:
    """Alter a topic's settings, and wait until the broker says so too."""
    configs = {key.replace("_", "."): value for key, value in changes.items()}
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    while not configs.items() <= (await read_configs(admin, [topic]))[topic].items():
        await asyncio.sleep(0.05)
    await admin.close()


@pytest.mark.kafka
def test_a_topic_with_too_low_a_limit_is_refused_by_name_at_start(broker: str) -> None:
    settings = Settings(broker=broker, topic_prefix="tl.", app_id="tl")
    asyncio.run(create_topics(settings))
    assert asyncio.run(check_topics(settings)) == []
    compact = {"cleanup_policy": "compact"}
    asyncio.run(_alter(broker, "tl-state-changelog", max_message_bytes="100000", **compact))
    asyncio.run(_alter(broker, "tl.signals", max_message_bytes="100000"))
    with pytest.raises(TopicsError) as refused:
        asyncio.run(refuse_problems(settings))
    for name in ("tl-state-changelog", "tl.signals"):
        assert f"{name}: has max.message.bytes=100000, a worker needs {NEEDED_BYTES}" in str(
            refused.value
        )
    finding = asyncio.run(check_topic_list(settings))
    assert not finding.ok
    assert "--entity-name tl-state-changelog --add-config max.message.bytes=" in finding.sentence
