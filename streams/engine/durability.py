"""Whether the cluster keeps what it has acknowledged: settings under which a broker loses data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.engine.topic_view import TopicView, view_topics
from streams.engine.topics import Problem, administering, expected
from streams.settings import Settings

UNCLEAN, MIN_INSYNC = "unclean.leader.election.enable", "min.insync.replicas"


async def check_durability(settings: Settings) -> list[Problem]:
    """Return what of the deployment's topics can lose data; topics that are missing are left out."""
    views = await view_topics(settings.broker, list(expected(settings)))
    async with administering(settings) as admin:
        configs = await _configs(admin, views)
    return [
        Problem(name, sentence)
        for name, view in views.items()
        for sentence in judge_durability(view, configs[name])
    ]


def judge_durability(view: TopicView, config: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a topic's copies. Pure."""
    least = int(config[MIN_INSYNC])
    found = []
    if config[UNCLEAN] == "true":
        found.append(
            f"has {UNCLEAN}=true: a copy that lags may become the leader, and acknowledged records "
            "are lost; set it to false"
        )
    if max(view.copies) > 1 and least < 2:
        found.append(
            f"has {max(view.copies)} copies, but {MIN_INSYNC}=1: what only the leader has is "
            "acknowledged, and lost with it; set it to 2"
        )
    below = [number for number, in_sync in enumerate(view.in_sync) if in_sync < least]
    if below:
        found.append(
            f"has fewer than {least} copies in sync of partitions {below}: they take no records; "
            "bring the missing brokers back"
        )
    return found


async def _configs(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, topic, {UNCLEAN: None, MIN_INSYNC: None})
        for topic in topics
    ]
    answers = await admin.describe_configs(asked) if asked else []
    return {
        resource[3]: {entry[0]: str(entry[1]) for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }
