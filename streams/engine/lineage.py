"""Which app id publishes on a deployment's output topics, and whose signals are whose.

Two app ids on one set of topics would publish everything twice. So a record on the compacted
`globals` names the one that publishes; a worker that finds none writes it, and of several the first holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from schemas.tables import Output
from schemas.unreadable import UNREADABLE
from streams.engine.client import Tail, transactional_producer
from streams.engine.group import refuse_members
from streams.engine.refusal import RefusalError
from streams.engine.topics import administering
from streams.settings import Settings

KEY = b"publisher"
SIGNALS = "signals"
HEADER = "kairos-app"
"""Header of a record on `signals`: the app id whose state it tells of."""


class Publisher(msgspec.Struct, frozen=True):
    """``app_id`` publishes; ``first`` did before signals said whose they are."""

    app_id: str
    first: str


class OtherPublisherError(RefusalError):
    """Another app id publishes on these topics."""


async def claim_outputs(settings: Settings) -> None:
    """Do nothing if this app id publishes, or nobody has so far.

    Raises:
        OtherPublisherError: another one does.
    """
    publisher = await read_publisher(settings) or await _claim_first(settings)
    if publisher.app_id != settings.app_id:
        other = f"app_id {publisher.app_id}"
        raise OtherPublisherError(
            f"topic {settings.topic('globals')}: {other} publishes on these topics, and {settings.app_id} "
            "would publish everything a second time. Stop its workers and run `kairos takeover`, or "
            "give this one output topics of its own with the setting `output_prefix`"
        )


async def read_publisher(settings: Settings) -> Publisher | None:
    """Return who publishes, None if nobody has so far."""
    found = await _read_all(settings)
    return found[-1] if found else None


async def _read_all(settings: Settings) -> list[Publisher]:
    found = list[Publisher | None]()
    tail = Tail(settings, settings.topic("globals"))
    try:
        await tail.start()
        while not await tail.is_caught_up():
            for record in await tail.read(timeout_ms=200):
                found.append(read_claim(record.key, record.value))
    finally:
        await tail.stop()
    return [claim for claim in found if claim is not None]


def read_claim(key: bytes | None, value: bytes | None) -> Publisher | None:
    """Return who publishes as a record of `globals` says; None: it is another record, or none can read it."""
    if key != KEY or value is None:
        return None
    try:
        return msgspec.msgpack.decode(value, type=Publisher)
    except UNREADABLE:
        return None


async def _claim_first(settings: Settings) -> Publisher:
    """Return the publisher of topics that had none: of all who claim them at once the first.

    Workers of one deployment that start together claim the same. No transaction: aiokafka's producers
    that are fenced while they send may never end.
    """
    mine = Publisher(settings.app_id, settings.app_id)
    await _send(settings, mine)
    claims = await _read_all(settings)
    if claims[0] == mine != claims[-1]:  # the topic keeps the last one
        await _send(settings, mine)
    return claims[0]


async def _send(settings: Settings, publisher: Publisher) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, acks="all")
    await producer.start()
    try:
        value = msgspec.msgpack.encode(publisher)
        await producer.send_and_wait(settings.topic("globals"), value, key=KEY, partition=0)
    finally:
        await producer.stop()


async def take_over(settings: Settings) -> Publisher:
    """Make this app id the one that publishes.

    Raises:
        GroupAtWorkError: the one that does has members.
    """
    before = await read_publisher(settings)
    if before is not None and before.app_id != settings.app_id:
        async with administering(settings) as admin:
            await refuse_members(admin, before.app_id)
    return await _write(settings, before)


async def _write(settings: Settings, before: Publisher | None) -> Publisher:
    """Name this app id, unless somebody else was named since ``before`` was read."""
    topic = settings.topic("globals")
    producer = transactional_producer(settings, f"{topic}-publisher")
    await producer.start()
    try:
        now = await read_publisher(settings)  # who wrote before this is fenced, or is seen
        if now is not None and now != before:
            return now
        named = Publisher(settings.app_id, settings.app_id if now is None else now.first)
        async with producer.transaction():
            value = msgspec.msgpack.encode(named)
            await producer.send_and_wait(topic, value, key=KEY, partition=0)
        return named
    finally:
        await producer.stop()


def stamped(signals: Iterable[Output], app_id: str) -> list[Output]:
    """Return signals that say whose state they tell of."""
    header = (HEADER, app_id.encode())
    return [msgspec.structs.replace(each, headers=(*each.headers, header)) for each in signals]


def of_lineage(records: Sequence[Any], app_id: str, first: str) -> list[Any]:
    """Return the records of `signals` (aiokafka's) of one app id; those that say none are ``first``'s.

    After a takeover the topic has the same facts of two app ids, read from the same input.
    """
    return [r for r in records if dict(r.headers).get(HEADER, first.encode()) == app_id.encode()]
