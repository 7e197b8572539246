"""Which topics a state was made from: an offset means something only together with its topic's id.

A worker keeps the ids beside its local rows, so that it also notices what happened while it was down.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import msgspec
from aiokafka.errors import KafkaError

from streams.engine.log_check import RecreatedError
from streams.engine.topic_view import UNKNOWN_ID, TopicView, view_topics

logger = logging.getLogger(__name__)

KEY = b"\x00topic-ids"
"""Local row: it is in no changelog."""
RETRY_S = 1.0


def pack(ids: Mapping[str, bytes]) -> bytes:
    """Return the row's value. ``ids``: 16 bytes by topic (full name)."""
    return msgspec.msgpack.encode(ids)


def unpack(row: bytes | None) -> dict[str, bytes]:
    """Return the ids in a row's value; states of earlier builds have none."""
    return {} if row is None else msgspec.msgpack.decode(row, type=dict[str, bytes])


def ids_of(views: Mapping[str, TopicView]) -> dict[str, bytes]:
    """Return the ids that the broker tells."""
    return {name: view.id for name, view in views.items() if view.id != UNKNOWN_ID}


async def known_ids(broker: str, names: Sequence[str]) -> dict[str, bytes]:
    """Return the ids of those topics that exist, as soon as the cluster tells them."""
    while True:
        try:
            return ids_of(await view_topics(broker, names))
        except (KafkaError, OSError) as error:
            logger.warning("Cannot ask for the ids of the topics yet: %r", error)
            await asyncio.sleep(RETRY_S)


def refuse_made_again(
    before: Mapping[str, bytes], now: Mapping[str, bytes], changelog: str
) -> None:
    """Do nothing if every topic that is in both has the id that it had.

    Raises:
        RecreatedError: one was deleted and made again: its offsets mean something else now.
    """
    for name in sorted(before.keys() & now.keys()):
        if before[name] != now[name]:
            remedy = (
                "keep the data directory; `kairos recover` says what can be done"
                if name == changelog
                else "start with another app_id, which reads its input from the beginning"
            )
            raise RecreatedError(
                f"topic {name} was deleted and made again under a worker's state; {remedy}"
            )
