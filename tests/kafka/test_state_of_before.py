"""A worker of this build recovers from the changelog of a build of before, and goes on exactly once."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from state.golden import Golden, load, versions
from state.test_golden import facts, replayed
from support.shop import Shop

from streams.engine.topics import CHANGELOG
from streams.settings import Settings

pytestmark = pytest.mark.kafka


async def restore(settings: Settings, golden: Golden) -> None:
    """Bring input topics, changelog and the group's offsets to where that build had left them."""
    changelog = f"{settings.app_id}-{CHANGELOG}"
    ends: Counter[TopicPartition] = Counter()
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    for record in golden.inputs:
        topic = settings.topic(record.topic)
        await producer.send(topic, record.value, record.key, record.partition, record.timestamp_ms)
        if record.topic != "catalog":
            ends[TopicPartition(topic, record.partition)] += 1
    for partition, key, value in golden.changelog:
        await producer.send(changelog, value, key, partition)
    await producer.stop()
    group = AIOKafkaConsumer(
        bootstrap_servers=settings.broker, group_id=settings.app_id, enable_auto_commit=False
    )
    await group.start()
    group.assign(list(ends))
    await group.commit(dict(ends))
    await group.stop()


@pytest.mark.parametrize("path", versions(), ids=lambda path: path.name)
def test_a_worker_goes_on_where_the_build_of_before_ended(broker: str, tmp_path: Path, path: Path):
    golden = load(path)
    own = {
        k: v for k, v in golden.settings.items() if k not in ("secret", "app_id", "topic_prefix")
    }
    shop = Shop(broker, golden.settings["app_id"], tmp_path, **own | {"secret": ""})
    kept = tmp_path / "first" / "secret"  # it is shorter than what may be given today
    kept.parent.mkdir()
    kept.write_text(golden.settings["secret"])
    asyncio.run(restore(shop.settings, golden))
    before = shop.changelog()[0].counts()
    with shop.stack:
        worker = shop.worker("first")
        shop.send(golden.later)
        consumed = before["consumed"] + len(golden.later)
        shop.wait(lambda: shop.consumed() >= consumed, "what came later")
        assert worker.stop() == 0
    counts = shop.changelog()[0].counts()
    assert counts["consumed"] == consumed
    # Only what came later is decided: nothing that the build of before read was read again.
    assert len(shop.values("decisions")) == counts["decided"] - before["decided"] > 0
    whole = replayed(golden, [*golden.inputs, *golden.later])
    assert shop.facts() == {key: row for store in whole for key, row in facts(store).items()}
