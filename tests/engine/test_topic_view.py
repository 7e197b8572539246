from __future__ import annotations

import asyncio

import pytest
from aiokafka.protocol.metadata import MetadataRequest_v5
from support.topics import add_partitions, make_again

from streams.engine.topic_view import UNKNOWN_ID, TopicsRequest, TopicView, view_topics
from streams.engine.topics import create_topics
from streams.settings import Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def own(broker: str) -> Settings:
    settings = Settings(broker=broker, topic_prefix="tv.", app_id="tv")
    asyncio.run(create_topics(settings))
    return settings


def view(settings: Settings, name: str) -> TopicView | None:
    return asyncio.run(view_topics(settings.broker, [name])).get(name)


def test_a_topic_has_an_id_partitions_and_copies(own: Settings) -> None:
    found = view(own, "tv.clicks")
    assert found is not None
    assert found.id != UNKNOWN_ID
    assert found.copies == found.in_sync == (1, 1, 1, 1)


def test_a_topic_made_again_has_another_id_and_one_with_more_partitions_has_not(
    own: Settings,
) -> None:
    first = view(own, "tv.late")
    add_partitions(own, 6, "tv.late")
    raised = first
    while raised == first:  # a broker hears of it a little later
        raised = view(own, "tv.late")
    make_again(own, "tv.late")
    again = view(own, "tv.late")
    assert first
    assert raised
    assert again
    assert (raised.id == first.id, len(raised.copies)) == (True, 6)
    assert (again.id == first.id, len(again.copies)) == (False, 4)


def test_an_older_broker_tells_the_same_without_an_id(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TopicsRequest, "_CLASSES", (MetadataRequest_v5,))
    assert view(own, "tv.clicks") == TopicView(UNKNOWN_ID, (1, 1, 1, 1), (1, 1, 1, 1))
    assert view(own, "tv.nothing") is None


def test_a_topic_that_is_not_there_is_not_made_by_looking(own: Settings) -> None:
    assert view(own, "tv.nothing") is None
    assert view(own, "tv.nothing") is None
