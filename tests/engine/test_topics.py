from __future__ import annotations

import asyncio

import msgspec
import pytest

from streams.engine.options import MERGED, Options, merged
from streams.engine.topic_limits import AFTER_MAX
from streams.engine.topics import (
    CATALOGUE,
    TopicsError,
    check_topics,
    create_topics,
    expected,
    find_problems,
    refuse_problems,
    unguarded,
)
from streams.offline.replay import MERGE_ORDER
from streams.settings import Settings

SETTINGS = Settings(topic_prefix="shop.", app_id="shop", partitions=6, min_insync=1)


def counts(settings: Settings) -> dict[str, int]:
    return {name: topic.num_partitions for name, topic in expected(settings).items()}


def test_every_merged_topic_is_in_the_catalogue() -> None:
    assert set(MERGED) <= {topic.name for topic in CATALOGUE}
    assert set(Options.of(SETTINGS).topics) <= set(expected(SETTINGS))


def test_an_optional_topic_is_read_made_and_checked_only_where_it_is_on() -> None:
    on = msgspec.structs.replace(SETTINGS, social="on")
    assert "shop.social" not in {*Options.of(SETTINGS).topics, *expected(SETTINGS)}
    assert "shop.social" in Options.of(on).topics
    assert Options.of(on).topics[-1] == "shop.ticks"
    assert expected(on)["shop.social"].num_partitions == on.partitions


def test_the_replay_merges_as_the_worker_does() -> None:
    assert merged(msgspec.structs.replace(SETTINGS, social="on")) == MERGE_ORDER
    assert [name for name in MERGE_ORDER if name in MERGED] == list(MERGED)


def test_user_topics_and_the_changelog_have_the_same_partitions() -> None:
    found = counts(SETTINGS)
    assert {found[f"shop.{name}"] for name in MERGED} == {6}
    assert found["shop-state-changelog"] == 6
    assert found["shop.signals"] == found["shop.globals"] == 1


def test_state_is_compacted_and_never_expires() -> None:
    for name in ("catalog", "globals", "snapshots", "bundles"):
        assert expected(SETTINGS)[f"shop.{name}"].topic_configs["cleanup.policy"] == "compact"
    assert expected(SETTINGS)["shop-state-changelog"].topic_configs["cleanup.policy"] == "compact"


def test_the_broker_refuses_records_from_the_future_on_every_merged_topic() -> None:
    made = expected(msgspec.structs.replace(SETTINGS, social="on"))
    for name in MERGE_ORDER:
        assert made[f"shop.{name}"].topic_configs[AFTER_MAX] == "3600000"


def test_a_cluster_as_created_has_no_problems() -> None:
    assert find_problems(expected(SETTINGS), counts(SETTINGS)) == []


def test_a_missing_topic_is_a_problem() -> None:
    there = counts(SETTINGS)
    del there["shop.context"]
    (problem,) = find_problems(expected(SETTINGS), there)
    assert str(problem).startswith("shop.context: is missing")


def test_a_differing_partition_count_is_a_problem_that_names_the_numbers() -> None:
    (problem,) = find_problems(expected(SETTINGS), {**counts(SETTINGS), "shop.context": 3})
    assert str(problem).startswith("shop.context: has 3 partitions instead of 6")


@pytest.mark.kafka
def test_topics_are_created_once_and_then_fit(broker: str) -> None:
    settings = Settings(broker=broker, topic_prefix="tt.", app_id="tt")
    assert {p.topic for p in asyncio.run(check_topics(settings))} == set(expected(settings))
    assert set(asyncio.run(create_topics(settings))) == set(expected(settings))
    assert asyncio.run(create_topics(settings)) == []
    assert asyncio.run(check_topics(settings)) == []
    assert asyncio.run(unguarded(settings)) == []


@pytest.mark.kafka
def test_a_changelog_that_expires_is_refused(broker: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    settings = Settings(broker=broker, topic_prefix="te.", app_id="te")

    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        await admin.start()
        await admin.create_topics([NewTopic("te-state-changelog", 4, 1)])
        await admin.close()
        await create_topics(settings)

    asyncio.run(make())
    with pytest.raises(TopicsError, match=r"te-state-changelog: has cleanup.policy=delete"):
        asyncio.run(refuse_problems(settings))
