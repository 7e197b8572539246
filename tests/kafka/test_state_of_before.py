"""A worker of this build recovers from the changelog of a build of before, and goes on exactly once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from state.golden import Golden, load, versions
from state.test_golden import facts, replayed
from support.shop import Shop

from streams.engine import progress
from streams.engine.topics import CHANGELOG
from streams.settings import Settings
from streams.state.store import USER, MemoryStore

pytestmark = pytest.mark.kafka


async def restore(settings: Settings, golden: Golden) -> None:
    """Bring input topics, changelog and the group's offsets to where that build had left them."""
    changelog, ends = f"{settings.app_id}-{CHANGELOG}", contained(golden)
    known = {(settings.topic(r.topic), r.partition, r.offset): r for r in golden.inputs}
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    for place, end in ends.items():
        for offset in range(end):  # what retention took meanwhile is nobody's to read again
            there = known.get((*place, offset), golden.inputs[0])
            await producer.send(
                place.topic, there.value, there.key, place.partition, there.timestamp_ms
            )
    for record in golden.inputs:
        if record.topic == "catalog":
            await producer.send(settings.topic("catalog"), record.value, record.key)
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


def contained(golden: Golden) -> dict[TopicPartition, int]:
    """First offset of each input that the state does not contain, as its own rows say."""
    return {
        TopicPartition(topic, partition): end
        for partition in golden.partitions()
        for topic, end in progress.unpack(golden.rows(partition)[progress.KEY]).next.items()
    }


@pytest.mark.parametrize("path", versions(), ids=lambda path: path.name)
def test_a_worker_goes_on_where_the_build_of_before_ended(broker: str, tmp_path: Path, path: Path):
    golden = load(path)
    own = {
        k: v for k, v in golden.settings.items() if k not in ("secret", "app_id", "topic_prefix")
    }
    shop = Shop(
        broker, golden.settings["app_id"], tmp_path, **own | {"secret": "", "zero_price": "price"}
    )
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
    store, version = MemoryStore(), golden.row_version
    store.apply({k: row for k, row in shop.changelog()[1].items() if k.startswith(USER)})
    assert facts(store, version) == {
        key: row for each in whole for key, row in facts(each, version).items()
    }
