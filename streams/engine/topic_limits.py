"""Whether the topics that a worker writes take what it writes: read from the cluster before any work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.shared.sizes import LARGEST_BYTES

WRITTEN = (
    "decisions", "recommendations", "suppressions", "late", "dead-letters", "ticks", "signals",
    "globals", "snapshots", "clock",
)  # fmt: skip
"""Names without prefix of the topics that a worker writes, beside the changelog."""
NEEDED_BYTES = LARGEST_BYTES + 4_096
"""The largest record with all that Kafka's format adds to it."""
_ALTER = "`kafka-configs.sh --alter --entity-type topics --entity-name {} --add-config {}`"
AFTER_MAX = "message.timestamp.after.max.ms"
"""How far ahead of the broker's time a record may be; Kafka knows it from 3.6 on."""
_STAMPED = "message.timestamp.type"
_READ = (
    "max.message.bytes", "segment.bytes", "cleanup.policy", "min.insync.replicas", _STAMPED, AFTER_MAX,
)  # fmt: skip

Configs = Mapping[str, str]


def find_unfit(
    wanted: Mapping[str, NewTopic], configs: Mapping[str, Configs], copies: Mapping[str, int]
) -> Iterator[tuple[str, str]]:
    """Yield (topic, sentence with the remedy) of each topic at which a worker would fail. Pure.

    ``wanted``: the topics that are written; ``configs``: what holds for each that is there, the
    broker's default where the topic says nothing; ``copies``: how many each has.
    """
    for name, topic in wanted.items():
        told = configs.get(name, {})
        for key, needed, fits in _rules(topic, copies.get(name)):
            if key in told and not fits(told[key]):
                cure = _ALTER.format(name, f"{key}={needed}")
                yield name, f"has {key}={told[key]}, a worker needs {needed}: {cure}"


def _rules(topic: NewTopic, copies: int | None) -> Iterator[tuple[str, str, Callable[[str], bool]]]:
    """Yield what each setting must be: its name, a value that does, and whether another one does."""
    largest = max(NEEDED_BYTES, int(topic.topic_configs.get("max.message.bytes", 0)))
    for key in ("max.message.bytes", "segment.bytes"):
        yield key, str(largest), lambda told: int(told) >= largest
    # compacted: records without a key are refused, others get lost; deleted: what must stay expires
    policy = topic.topic_configs.get("cleanup.policy", "delete")
    yield "cleanup.policy", policy, lambda told: told == policy
    if (
        stamp := topic.topic_configs.get(_STAMPED)
    ) is not None:  # of the broker's time, which it tells
        yield _STAMPED, stamp, lambda told: told == stamp
    if copies is not None:
        yield "min.insync.replicas", str(copies), lambda told: int(told) <= copies


async def read_configs(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """Return what holds for each topic: the settings that `find_unfit` asks for."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, n, dict.fromkeys(_READ)) for n in names]
    answers: Any = await admin.describe_configs(asked) if asked else []
    return {
        resource[3]: {entry[0]: str(entry[1]) for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def count_copies(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    """Return how many copies each topic has, of the partition that has fewest."""
    described = await admin.describe_topics(names) if names else []
    return {
        topic["topic"]: min(len(partition["replicas"]) for partition in topic["partitions"])
        for topic in described
    }
