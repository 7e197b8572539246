"""Topics as the cluster sees them now: their ids, partitions and copies.

aiokafka's own metadata has no topic ids; Metadata v12 (Kafka 3.1) is spoken here, else its v5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.metadata import MetadataRequest_v5
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

ID_BYTES = 16
UNKNOWN_ID = bytes(ID_BYTES)
UNKNOWN_TOPIC = 3
METADATA, VERSION = 3, 12


@dataclass(slots=True, frozen=True)
class TopicView:
    """A topic: its id, and for each partition in order the number of its copies and of those in sync.

    ``id``: 16 bytes, `UNKNOWN_ID` where the broker does not tell.
    """

    id: bytes
    copies: tuple[int, ...]
    in_sync: tuple[int, ...]


class Uuid(AbstractType[bytes]):
    """16 bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Return the bytes as they are."""
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        """Read 16 bytes."""
        return data.read(ID_BYTES)


class MetadataResponseV12(Response):
    """See Kafka's MetadataResponse.json."""

    API_KEY = METADATA
    API_VERSION = VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(
            ("node_id", Int32), ("host", CompactString("utf-8")), ("port", Int32),
            ("rack", CompactString("utf-8")), ("tags", TaggedFields),
        )),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        ("topics", CompactArray(
            ("error_code", Int16), ("topic", CompactString("utf-8")), ("topic_id", Uuid),
            ("is_internal", Boolean),
            ("partitions", CompactArray(
                ("error_code", Int16), ("partition", Int32), ("leader", Int32),
                ("leader_epoch", Int32), ("replicas", CompactArray(Int32)),
                ("isr", CompactArray(Int32)), ("offline", CompactArray(Int32)),
                ("tags", TaggedFields),
            )),
            ("authorized_operations", Int32), ("tags", TaggedFields),
        )),
        ("tags", TaggedFields),
    )  # fmt: skip


class MetadataRequestV12(RequestStruct):
    """See Kafka's MetadataRequest.json."""

    FLEXIBLE_VERSION = True
    API_KEY = METADATA
    API_VERSION = VERSION
    RESPONSE_TYPE = MetadataResponseV12
    SCHEMA = Schema(
        ("topics", CompactArray(
            ("topic_id", Uuid), ("topic", CompactString("utf-8")), ("tags", TaggedFields),
        )),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )  # fmt: skip


Version: TypeAlias = MetadataRequest_v5 | MetadataRequestV12


class TopicsRequest(Request[Version]):
    """Asks for topics by name; makes none."""

    API_KEY = METADATA

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def build(self, request_struct_class: Any) -> Any:
        """Return the request in the version that the broker speaks."""
        if request_struct_class is MetadataRequest_v5:
            return MetadataRequest_v5(list(self._names), False)
        topics: list[Any] = [(UNKNOWN_ID, name, {}) for name in self._names]
        return request_struct_class(topics, False, False, {})


async def view_topics(broker: str, names: Sequence[str]) -> dict[str, TopicView]:
    """Return the topics among ``names`` that exist.

    Raises:
        KafkaError: the cluster does not answer, or does not know a topic's leaders yet.
    """
    client = AIOKafkaClient(bootstrap_servers=broker)
    try:
        await client.bootstrap()
        answer = await client.send(client.get_random_node(), TopicsRequest(names))
    finally:
        await client.close()
    topics = answer.to_object()["topics"]
    return {
        topic["topic"]: _view(topic) for topic in topics if topic["error_code"] != UNKNOWN_TOPIC
    }


def _view(topic: dict[str, Any]) -> TopicView:
    if topic["error_code"]:
        raise for_code(topic["error_code"])(topic["topic"])
    ordered = sorted(topic["partitions"], key=lambda partition: partition["partition"])
    return TopicView(
        topic.get("topic_id", UNKNOWN_ID),
        tuple(len(partition["replicas"]) for partition in ordered),
        tuple(len(partition["isr"]) for partition in ordered),
    )
