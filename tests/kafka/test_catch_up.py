"""A second app id on the topics of a first pushes nothing of the past, killed while it catches up or not."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import TopicPartition
from support.records import Log, at

from schemas.globals import Signals
from streams.engine.beginning import record_ends
from streams.engine.lineage import take_over
from streams.engine.topics import CHANGELOG, create_topics
from streams.operate.tools.feed import producing
from streams.operate.tools.reading import read_all
from streams.operate.tools.recover import count_again, look

pytestmark = pytest.mark.kafka

USERS, HOURS = 60, 20
BEGIN_MS = at("2026-03-20T00:00:00+00:00")
HOUR_MS = 3_600_000


def past() -> Log:
    """Favourites and carts of a day: most hours ask for a push to somebody."""
    log = Log()
    for hour in range(HOURS):
        for user in range(USERS):
            ts_ms = BEGIN_MS + hour * HOUR_MS + user * 1_000
            log.click(f"user{user}", "fav" if hour % 2 else "cart", f"item{hour}", ts_ms)
    return log


def test_zero_past_pushes_by_a_second_app_id_that_is_killed_while_it_catches_up(shop):
    first = shop(
        partitions=1, consent_default="granted", quiet_start="00:00", quiet_end="00:00",
        session_timeout_ms=3_000, batch_records=50,
    )  # fmt: skip
    worker, log = first.worker("one"), past()
    count = len(log.records)
    first.send(log.records)
    first.wait(lambda: first.consumed() == count, "the first app id has read all")
    worker.stop()
    published = Counter(push["recommendation_id"] for push in first.values("recommendations"))
    assert len(published) > 20

    changed = {"app_id": f"{first.settings.app_id}-2", "catch_up": "silent"}
    first.settings = msgspec.structs.replace(first.settings, **changed)
    asyncio.run(create_topics(first.settings))
    asyncio.run(take_over(first.settings))
    doomed = first.worker("two")
    first.wait(lambda: first.consumed() > 0, "the second begins")
    doomed.kill()
    midway = first.consumed()
    first.worker("three")
    first.wait(lambda: first.consumed() == count, "the second app id has read all")
    assert midway < count, "it was killed in the midst"
    late = log.click("user1", "fav", "news", BEGIN_MS + 2 * HOURS * HOUR_MS)
    first.send([late])
    first.wait(lambda: first.consumed() == count + 1, "one record that is new")

    pushes = Counter(push["recommendation_id"] for push in first.values("recommendations"))
    (new,) = (pushes - published).elements()
    assert pushes == published + Counter([new])
    decisions = {d["decision_id"]: d for d in first.values("decisions")}
    reasons = Counter(d["reason"] for d in decisions.values())
    assert decisions[new]["trigger"]["item_id"] == "news"
    assert reasons["caught_up"] >= len(published)
    assert signalled(first) == count + 1


def signalled(shop) -> int:
    """The events that the signals of the second app id tell."""
    mine = ("kairos-app", shop.settings.app_id.encode())
    records = asyncio.run(read_all(shop.settings, "signals"))
    told = [msgspec.msgpack.decode(r.value, type=Signals) for r in records if mine in r.headers]
    return sum(len(signals.types) for signals in told)


def test_what_is_counted_again_after_a_loss_is_not_pushed_again(shop):
    it = shop(
        partitions=1, consent_default="granted", quiet_start="00:00", quiet_end="00:00",
        session_timeout_ms=3_000, catch_up="silent",
    )  # fmt: skip
    worker = it.worker("one")
    log = Log()
    first = log.click("anna", "view", "kettle", BEGIN_MS)
    it.send([first])
    it.wait(lambda: it.consumed() == 1, "what the changelog will keep")
    kept = it.changelog()[1]
    lost = [log.click(f"user{n}", "fav", "kettle", BEGIN_MS + HOUR_MS) for n in range(5)]
    it.send(lost)
    it.wait(lambda: len(it.values("recommendations")) == 5, "what it will lose")
    worker.stop()
    asyncio.run(lose(it.settings, kept, it.changelog()[1].keys() - kept.keys()))
    asyncio.run(count_again(it.settings, asyncio.run(look(it.settings))))
    it.worker("two")
    it.wait(lambda: it.consumed() == 6, "the lost records are counted again")
    it.send([log.click("ben", "fav", "kettle", BEGIN_MS + 3 * HOUR_MS)])
    it.wait(lambda: it.consumed() == 7, "one record that is new")
    assert len({push["recommendation_id"] for push in it.values("recommendations")}) == 6
    assert len(it.values("recommendations")) == 6
    assert [s["reason"] for s in it.values("suppressions")] == ["caught_up"] * 5


async def lose(settings, kept, gone) -> None:
    """Let the changelog say what it said earlier."""
    async with producing(settings) as producer:
        for key, row in [*kept.items(), *((key, None) for key in gone)]:
            await producer.send(f"{settings.app_id}-{CHANGELOG}", row, key, partition=0)


def test_where_the_past_ends_no_marker_of_a_transaction_counts(shop):
    """What follows the last record is no record: nobody who counts records would get there."""
    settings = shop(partitions=2).settings
    clicks = settings.topic("clicks")

    async def send() -> dict[TopicPartition, int]:
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.broker, transactional_id=f"{clicks}-test"
        )
        await producer.start()
        for aborted in (False, *[True] * 20):
            await producer.begin_transaction()
            value = json.dumps({"n": 1}).encode()
            await producer.send_and_wait(clicks, value, partition=0, timestamp_ms=BEGIN_MS)
            await (producer.abort_transaction() if aborted else producer.commit_transaction())
        await producer.stop()
        topics = [TopicPartition(clicks, number) for number in range(2)]
        return await record_ends(settings, topics)

    assert asyncio.run(send()) == {TopicPartition(clicks, 0): 1}
