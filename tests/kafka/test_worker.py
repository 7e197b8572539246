"""A worker on a real broker: order, ticks, stopping, refusing, and what its log may not say."""

from __future__ import annotations

import asyncio
import re

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from streams.engine.options import MERGED

pytestmark = pytest.mark.kafka

SLOW = {"COUNTING_SLOW_S": "0.0005"}


def test_a_worker_stops_within_three_seconds_and_redoes_nothing(deployment) -> None:
    deployment.produce(6_000)
    worker = deployment.start(**SLOW)
    deployment.wait_for_outputs(1_000)
    took_s = deployment.stop(worker)
    assert worker.returncode == 0, deployment.tail()
    assert took_s < 3, deployment.tail()
    done = len(deployment.outputs())
    assert sum(deployment.state_ends().values()) >= done > 0
    deployment.start()
    deployment.wait_for_outputs(6_000)
    deployment.assert_exact()


def test_topics_are_merged_by_record_timestamp(deployment) -> None:
    deployment.produce(6_000)
    deployment.start()
    deployment.wait_for_outputs(6_000)
    by_partition: dict[int, list[int]] = {}
    for record in deployment.read(deployment.settings.topic("decisions")):
        number = int(record.value[1:].split(b":")[0])
        by_partition.setdefault(record.partition, []).append(number)
    # record timestamps rise with the event's number, and events alternate between the topics
    assert len(by_partition) == 4
    assert all(numbers == sorted(numbers) for numbers in by_partition.values())


def test_a_worker_refuses_topics_that_do_not_fit_together(deployment) -> None:
    asyncio.run(_add_partitions(deployment.settings, "clicks", 6))
    worker = deployment.start()
    assert worker.wait(30) != 0
    log = deployment.log().read_text()
    assert f"{deployment.settings.topic('clicks')}: has 6 partitions instead of 4" in log


def test_a_worker_refuses_a_data_directory_that_another_uses(deployment) -> None:
    first = deployment.start()
    deployment.wait_for(lambda: "Worker ready" in deployment.log().read_text())
    second = deployment.start()
    assert second.wait(60) != 0
    assert "is in use by another worker" in deployment.log().read_text()
    deployment.produce(300)
    deployment.wait_for_outputs(300)
    assert first.poll() is None
    deployment.assert_exact()


async def _add_partitions(settings, name: str, count: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    await admin.create_partitions({settings.topic(name): NewPartitions(count)})
    await admin.close()


def test_no_user_id_gets_into_the_log(deployment) -> None:
    deployment.produce(600)
    worker = deployment.start()
    deployment.wait_for_outputs(600)
    worker.kill()
    worker.wait()
    deployment.produce(600)
    worker = deployment.start()
    deployment.wait_for_outputs(1_200)
    deployment.stop(worker)
    assert re.findall(r"\bu\d{1,3}\b|\be\d{1,4}\b", deployment.log().read_text()) == []


def test_a_bug_in_the_processor_ends_the_worker_without_telling_who(deployment) -> None:
    deployment.produce(40)
    worker = deployment.start(COUNTING_BUG="1")
    assert worker.wait(40) != 0
    assert deployment.outputs() == []
    log = deployment.log().read_text()
    assert "a bug" in log
    assert re.findall(r"\bu\d{1,3}\b|\be\d{1,4}\b", log) == []


def test_every_merged_topic_is_read_to_its_end(deployment) -> None:
    deployment.produce(500, tuple(name for name in MERGED if name != "ticks"))
    deployment.start()
    deployment.wait_for_outputs(500)
    deployment.assert_exact()
    ends = deployment.state_ends()
    topics = {deployment.settings.topic(name) for name in MERGED if name != "ticks"}
    assert sum(at for tp, at in ends.items() if tp.topic in topics) == 500
