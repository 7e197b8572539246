"""Far timestamps and wrong clocks on a real Kafka: the worker lives, and no timer fires early."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from itertools import islice

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from support.records import at

from streams.engine.topics import AFTER_MAX, unguarded
from streams.operate.demo.through_kafka import read_log
from streams.operate.tools.feed import producing
from streams.operate.tools.reading import read_all
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.state.marker import Marker, read_marker
from streams.state.store import MemoryStore

pytestmark = pytest.mark.kafka

DAY_MS = 86_400_000
LEFT_MS = 60_000
FAR_MS = (at("9999-01-01T00:00:00+00:00"), 0, -1, DAY_MS, 1_780_000_000)
PIPELINE = {
    "KAIROS_SECRET": "records of far times",
    "KAIROS_CONSENT_DEFAULT": "granted",
    "KAIROS_TICK_MS": "200",
}


def now_ms():
    return time.time_ns() // 1_000_000


def click(user, ts_ms, event="view"):
    body = {"event_id": f"{user}-{ts_ms}", "user_id": user, "event": event, "ts": ts_ms}
    return json.dumps(body | {"item_id": "kettle"}).encode()


async def take_anything(settings):
    """Let the broker take records from the future, as Kafka did before 3.6."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    for name in ("clicks", "ticks"):
        resource = ConfigResource(
            ConfigResourceType.TOPIC, settings.topic(name), {AFTER_MAX: str(2**63 - 1)}
        )
        await admin.alter_configs([resource])
    await admin.close()
    while len(await unguarded(settings)) < 2:  # the broker hears of it a little later
        await asyncio.sleep(0.1)


async def send(settings, records):
    """Send (key, value, timestamp) to `clicks`, each to its user's partition."""
    async with producing(settings) as producer:
        for key, value, timestamp_ms in records:
            await producer.send_and_wait(
                settings.topic("clicks"), value, key.encode(), timestamp_ms=timestamp_ms
            )


def reasons(settings):
    letters = asyncio.run(read_all(settings, "dead-letters"))
    return Counter(dict(letter.headers)["kairos-reason"].decode() for letter in letters)


def kinds(settings):
    decisions = asyncio.run(read_all(settings, "decisions"))
    return {json.loads(record.value)["trigger"]["kind"] for record in decisions}


def consumed(deployment):
    return sum(marker.get("consumed", 0) for marker in counts(deployment))


def markers(deployment):
    return [
        msgspec.msgpack.decode(value, type=Marker)
        for key, value in deployment.changelog().items()
        if key.endswith(b"|M")
    ]


def counts(deployment):
    return [marker.counts for marker in markers(deployment)]


def far(users):
    """A cart each, then what must not move time, then views: records of one user share a partition."""
    began_ms, records = now_ms() - 60_000, []
    for user in users:
        records.append((user, click(user, began_ms, "cart"), began_ms))
    microseconds = now_ms() * 1_000
    for n, timestamp_ms in enumerate((*FAR_MS, microseconds)):
        records.append((users[0], click(users[0], began_ms + n), timestamp_ms))
    for ahead_ms in (2 * DAY_MS, 9_000 * DAY_MS):
        records.append((users[0], click(users[0], began_ms + ahead_ms), now_ms() + ahead_ms))
        records.append((users[0], b"{", now_ms() + ahead_ms))
    return records


def test_records_of_far_times_are_dead_letters_and_all_partitions_go_on(deployment) -> None:
    settings = deployment.settings
    asyncio.run(take_anything(settings))
    assert asyncio.run(unguarded(settings)) == [settings.topic("clicks"), settings.topic("ticks")]
    users = [f"user{n}" for n in range(40)]
    records = far(users)
    worker = deployment.start(app="streams.app", **PIPELINE)
    asyncio.run(send(settings, records))
    deployment.wait_for(lambda: consumed(deployment) == len(records))
    more = [(user, click(user, now_ms() + n), now_ms()) for n in range(10) for user in users]
    asyncio.run(send(settings, more))
    deployment.wait_for(lambda: consumed(deployment) == len(records) + 400)
    assert worker.poll() is None
    assert reasons(settings) == {"record_ts_impossible": 6, "record_ts_future": 4}
    assert sum(count["accepted"] for count in counts(deployment)) == 440
    assert len(markers(deployment)) == settings.partitions
    assert all(marker.stream_ms <= now_ms() + 1_000 for marker in markers(deployment))
    assert "cart_left" not in kinds(settings)  # carts wait for an hour
    check_replay(settings, deployment)


def check_replay(settings, deployment):
    """The log read again, with the verdicts from `dead-letters`, comes to the same place and counts."""
    vault = Vault(b"records of far times", settings.tenant)
    for partition, log in asyncio.run(read_log(settings)).items():
        store, left = MemoryStore(), iter(log)
        while batch := list(islice(left, 7)):
            store.apply(Pipeline(settings, vault).process(partition, store, batch).rows)
        again = read_marker(store).counts
        live = [c for c in counts(deployment) if c["consumed"] == again["consumed"]]
        names = ("accepted", "dead_letters", "other_dead_letters")
        assert any(all(c.get(n, 0) == again.get(n, 0) for n in names) for c in live)


def test_a_worker_whose_clock_is_two_days_ahead_fires_nothing_early(deployment) -> None:
    """Another had the partitions before it, and noted the broker's time with its last input."""
    settings, began_ms = deployment.settings, now_ms() - LEFT_MS + 20_000
    told = PIPELINE | {"KAIROS_CART_LEFT_MS": str(LEFT_MS)}
    asyncio.run(take_anything(settings))
    users, last_ms = [f"user{n}" for n in range(20)], began_ms + LEFT_MS - 20_000
    for kind, ms in (("cart", began_ms), ("view", last_ms)):
        asyncio.run(send(settings, [(user, click(user, ms, kind), ms) for user in users]))
    first = deployment.start(app="streams.app", **told)
    deployment.wait_for(lambda: consumed(deployment) == 2 * len(users))
    deployment.stop(first)
    ticks = settings.topic("ticks")
    assert deployment.read(ticks) == []
    worker = deployment.start(app="clock_app", **told)
    deployment.wait_for(lambda: kinds(settings) == {"cart_left"})
    assert worker.poll() is None
    stamps = [record.timestamp for record in deployment.read(ticks)]
    assert began_ms + LEFT_MS <= min(stamps)
    assert max(stamps) <= now_ms()
    assert "s off the broker's" in deployment.log().read_text()
    stamps = [r.timestamp for r in deployment.read(f"{settings.app_id}-state-changelog")]
    assert max(stamps) <= now_ms()


def test_time_passes_on_a_quiet_partition_where_a_timer_is_due_and_nowhere_else(deployment) -> None:
    """An hour-old cart whose hour ends a second after the last event: from there time goes on."""
    settings, began_ms = deployment.settings, now_ms() - 3_600_000
    late_ms = began_ms + LEFT_MS - 1_000
    carts = [("anna", click("anna", began_ms, "cart"), began_ms)]
    views = [(user, click(user, late_ms), late_ms) for user in ("anna", "bert", "carl", "dora")]
    asyncio.run(send(settings, carts + views))
    deployment.start(app="streams.app", **PIPELINE, KAIROS_CART_LEFT_MS=str(LEFT_MS))
    deployment.wait_for(lambda: kinds(settings) == {"cart_left"})
    ticks = deployment.read(settings.topic("ticks"))
    (decision,) = deployment.read(settings.topic("decisions"))
    assert {(tick.partition, tick.key) for tick in ticks} == {(decision.partition, None)}
    assert began_ms + LEFT_MS <= ticks[0].timestamp < began_ms + LEFT_MS + 30_000


def test_a_refused_tick_ends_no_worker(deployment) -> None:
    settings = deployment.settings
    asyncio.run(refuse_ticks(settings))
    began_ms = now_ms() - 3_600_000
    late_ms = began_ms + LEFT_MS - 1_000
    told = [(began_ms, "cart"), (late_ms, "view")]
    asyncio.run(send(settings, [("anna", click("anna", ms, kind), ms) for ms, kind in told]))
    worker = deployment.start(app="streams.app", **PIPELINE, KAIROS_CART_LEFT_MS=str(LEFT_MS))
    deployment.wait_for(lambda: ": no tick: " in deployment.log().read_text())
    asyncio.run(send(settings, [("anna", click("anna", now_ms()), now_ms())]))
    deployment.wait_for(lambda: consumed(deployment) == 3)
    assert worker.poll() is None


async def refuse_ticks(settings):
    """The broker refuses what is older than a minute on `ticks`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    resource = ConfigResource(
        ConfigResourceType.TOPIC,
        settings.topic("ticks"),
        {"message.timestamp.before.max.ms": "60000"},
    )
    await admin.alter_configs([resource])
    await admin.close()
