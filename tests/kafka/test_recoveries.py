"""Four recoveries that broke another Python engine."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from support.markers import markers
from support.topics import configure, cut

from streams.engine import group

pytestmark = pytest.mark.kafka

EVENTS = 300
EAGER = {
    "cleanup_policy": "compact", "min_cleanable_dirty_ratio": "0.01", "segment_ms": "1000",
    "max_compaction_lag_ms": "100", "delete_retention_ms": "0",
}  # fmt: skip


def processed(deployment, home: str = "a") -> None:
    """More events are processed, the worker stopped."""
    before = len(deployment.outputs())
    deployment.produce(EVENTS)
    worker = deployment.start(home)
    deployment.wait_for_outputs(before + EVENTS)
    deployment.stop(worker)


def test_the_changelog_ends_in_transaction_markers_of_which_compaction_removed_all_but_the_last(
    deployment,
) -> None:
    """Behind the rows there is a gap, and then the end of a transaction that left nothing.

    A real Kafka goes no further: the last marker lies in the segment that is written to, which is never
    compacted, and the marker of rows stays for as long as one of them does.
    """
    settings, topic = deployment.settings, f"{deployment.settings.app_id}-state-changelog"
    configure(settings, topic, **EAGER)
    processed(deployment)
    asyncio.run(_abort(settings, topic))
    ends = {partition: found[-1] for partition, found in markers(settings, topic).items()}

    def are_gone() -> bool:
        time.sleep(1.2)  # the next append begins a segment, and leaves this one to the cleaner
        asyncio.run(_abort(settings, topic))
        there = markers(settings, topic)
        return all(end not in there[partition] for partition, end in ends.items())

    deployment.wait_for(are_gone, 90)
    processed(deployment, "b")  # everything comes from the changelog
    deployment.assert_exact()


async def _abort(settings, topic: str) -> None:
    """Let every partition end in the marker of a transaction that left nothing."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id="aborting")
    await producer.start()
    await producer.begin_transaction()
    for partition in range(settings.partitions):
        await producer.send_and_wait(topic, b"row", b"Uaborted", partition=partition)
    await producer.abort_transaction()
    await producer.stop()


@pytest.mark.parametrize("home", ["a", "b"])
def test_the_committed_source_offset_is_below_the_low_watermark(deployment, home: str) -> None:
    settings = deployment.settings
    processed(deployment)
    deployment.produce(EVENTS)
    cut(settings, settings.topic("clicks"), dict.fromkeys(range(settings.partitions), -1))
    deployment.produce(EVENTS)
    deployment.start(home)
    left = 3 * EVENTS - EVENTS // 3
    deployment.wait_for_outputs(left)
    deployment.wait_for(lambda: "were deleted unread" in deployment.log(home).read_text())
    events = [event for _, event, _ in deployment.outputs()]
    assert len(events) == len(set(events)) == left


def test_a_rebalance_in_the_middle_of_recovery(deployment) -> None:
    slow = {"COUNTING_RESTORE_S": "1"}
    processed(deployment)
    deployment.start("b", **slow)
    restoring = "Restoring state from changelog"
    deployment.wait_for(lambda: restoring in deployment.log("b").read_text())
    deployment.start("c", **slow)
    deployment.wait_for(lambda: restoring in deployment.log("c").read_text())
    deployment.produce(EVENTS)
    deployment.wait_for_outputs(2 * EVENTS)
    deployment.assert_exact()


def test_a_negative_offset(deployment) -> None:
    settings = deployment.settings
    offsets = {
        TopicPartition(settings.topic(name), partition): -2
        for name in ("clicks", "purchases")
        for partition in range(settings.partitions)
    }
    asyncio.run(group.commit(settings, offsets))
    processed(deployment)
    asyncio.run(group.commit(settings, offsets))
    processed(deployment)
    processed(deployment, "b")
    deployment.assert_exact()
