"""Two app ids on one set of topics: one publishes, the other takes over or has topics of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from support.epochs import epochs_of
from support.topics import make_again

from schemas.globals import Epoch
from streams.engine.group import GroupAtWorkError
from streams.engine.lineage import (
    OtherPublisherError,
    Publisher,
    claim_outputs,
    read_publisher,
    take_over,
)
from streams.engine.topic_watch import WATCH_S
from streams.engine.topics import create_topics
from streams.settings import Settings

pytestmark = pytest.mark.kafka

EVENTS = 300
EPOCH_MS = 60_000


def other(deployment, **more: str) -> Settings:
    """Another app id on the same topics; what it lacks is made."""
    mine = deployment.settings
    settings = msgspec.structs.replace(mine, app_id=f"{mine.app_id}-2", **more)
    asyncio.run(create_topics(settings))
    return settings


def test_another_app_id_starts_only_after_a_takeover_which_waits_for_the_group(deployment) -> None:
    mine, second = deployment.settings, other(deployment)
    worker = deployment.start("a")
    deployment.produce(EVENTS)
    deployment.wait_for_outputs(EVENTS)
    refused = deployment.start("b", KAIROS_APP_ID=second.app_id)
    assert refused.wait(45) != 0
    log = deployment.log("b").read_text()
    assert f"app_id {mine.app_id} publishes on these topics" in log
    assert "`kairos takeover`" in log
    assert "Traceback" not in log
    with pytest.raises(GroupAtWorkError, match=r"has 1 member\(s\): stop its workers first"):
        asyncio.run(take_over(second))
    deployment.stop(worker)
    assert len(deployment.outputs()) == EVENTS
    assert asyncio.run(take_over(second)) == Publisher(second.app_id, mine.app_id)
    deployment.start("b", KAIROS_APP_ID=second.app_id)
    deployment.wait_for_outputs(2 * EVENTS)
    assert deployment.start("a").wait(45) != 0, "the one before may not come back by itself"


def test_where_the_topic_that_says_who_publishes_is_made_anew_the_worker_says_it_again(
    deployment,
) -> None:
    mine, second = deployment.settings, other(deployment)
    worker = deployment.start("a")
    deployment.produce(EVENTS)
    deployment.wait_for_outputs(EVENTS)
    time.sleep(WATCH_S)  # it has looked once
    make_again(mine, mine.topic("globals"))
    deployment.wait_for(lambda: asyncio.run(read_publisher(mine)) is not None)
    with pytest.raises(OtherPublisherError):
        asyncio.run(claim_outputs(second))
    assert worker.poll() is None, deployment.tail()


def test_another_app_id_with_output_topics_of_its_own_runs_beside(deployment) -> None:
    own = f"{deployment.settings.app_id}.shadow."
    second = other(deployment, output_prefix=own)
    deployment.start("a")
    deployment.produce(EVENTS)
    deployment.wait_for_outputs(EVENTS)
    deployment.start("b", KAIROS_APP_ID=second.app_id, KAIROS_OUTPUT_PREFIX=own)
    deployment.wait_for(lambda: len(deployment.read(f"{own}decisions")) == EVENTS)
    deployment.assert_exact()


def test_of_many_that_start_at_once_one_publishes(deployment) -> None:
    settings = [
        msgspec.structs.replace(deployment.settings, app_id=f"{deployment.settings.app_id}-{n}")
        for n in range(4)
    ]

    async def claim_all() -> list[BaseException | None]:
        return await asyncio.gather(*map(claim_outputs, settings), return_exceptions=True)

    outcomes = asyncio.run(claim_all())
    assert sum(outcome is None for outcome in outcomes) == 1, outcomes
    named = asyncio.run(read_publisher(deployment.settings))
    assert named is not None
    assert outcomes[[each.app_id for each in settings].index(named.app_id)] is None


def test_the_learner_counts_the_signals_of_one_app_id(deployment) -> None:
    """Another app id on the same topics has read the same input, and told the same facts."""
    settings = deployment.settings
    base_ms = 1_700_000_000_000 // EPOCH_MS * EPOCH_MS
    deployment.start("a", app="knowing_app", KAIROS_EPOCH_MS=str(EPOCH_MS), KAIROS_TICK_MS="60000")

    def signals() -> list[Any]:
        return list(deployment.read(settings.topic("signals"), 1))

    asyncio.run(_send(settings, "clicks", base_ms, b"event"))
    deployment.wait_for(lambda: len(signals()) == 1)
    (told,) = signals()
    assert dict(told.headers) == {"kairos-app": settings.app_id.encode()}
    asyncio.run(_send(settings, "signals", base_ms, told.value, ("kairos-app", b"other")))
    asyncio.run(_send(settings, "signals", base_ms, told.value))  # as it was before the header
    asyncio.run(_send(settings, "clicks", base_ms + EPOCH_MS, b"event"))
    deployment.wait_for(lambda: epochs(deployment) != [])
    (epoch,) = epochs(deployment)
    assert epoch.categories_of[1] == 2, "its own, and the one that says nothing"


async def _send(
    settings: Settings, topic: str, at_ms: int, value: bytes, *headers: tuple[str, bytes]
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    await producer.send_and_wait(
        settings.topic(topic), value, b"u1", timestamp_ms=at_ms, headers=list(headers)
    )
    await producer.stop()


def epochs(deployment) -> list[Epoch]:
    records = deployment.read(deployment.settings.topic("globals"), 1)
    return epochs_of(records)
