"""What the broker knows of a deployment's consumer group."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.refusal import RefusalError
from streams.settings import Settings


class GroupAtWorkError(RefusalError):
    """The group has members: what a tool would change is in use."""


async def committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """Return the offsets that a group has committed."""
    found = await admin.list_consumer_group_offsets(group)
    return {tp: told.offset for tp, told in found.items() if told.offset >= 0}


async def refuse_members(admin: AIOKafkaAdminClient, group: str) -> None:
    """Do nothing if nobody is in the group.

    Raises:
        GroupAtWorkError: somebody is.
    """
    (answer,) = await admin.describe_consumer_groups([group])
    members = answer.to_object()["groups"][0]["members"]
    if members:
        raise GroupAtWorkError(
            f"group {group} has {len(members)} member(s): stop its workers first, "
            "and wait until their session has ended"
        )


async def commit(settings: Settings, offsets: dict[TopicPartition, int]) -> None:
    """Set offsets of the deployment's group, which must have no members."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker, group_id=settings.app_id, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()
