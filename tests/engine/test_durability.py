from __future__ import annotations

import asyncio

import pytest
from support.topics import configure

from streams.engine.durability import MIN_INSYNC, UNCLEAN, check_durability, judge_durability
from streams.engine.topic_view import TopicView
from streams.engine.topics import Problem, create_topics
from streams.settings import Settings

SAFE = {UNCLEAN: "false", MIN_INSYNC: "2"}


def test_three_copies_of_which_two_must_agree_are_fine() -> None:
    assert judge_durability(TopicView(b"", (3, 3), (3, 2)), SAFE) == []


def test_one_copy_cannot_ask_for_more() -> None:
    assert judge_durability(TopicView(b"", (1,), (1,)), {**SAFE, MIN_INSYNC: "1"}) == []


@pytest.mark.parametrize(
    ("in_sync", "config", "said"),
    [
        ((3, 3), {**SAFE, UNCLEAN: "true"}, "unclean.leader.election.enable=true"),
        ((3, 3), {**SAFE, MIN_INSYNC: "1"}, "has 3 copies, but min.insync.replicas=1"),
        ((3, 1), SAFE, r"fewer than 2 copies in sync of partitions [1]"),
        ((0, 3), SAFE, r"fewer than 2 copies in sync of partitions [0]"),
    ],
)
def test_what_can_lose_data_is_said_with_the_remedy(
    in_sync: tuple[int, ...], config: dict[str, str], said: str
) -> None:
    (sentence,) = judge_durability(TopicView(b"", (3, 3), in_sync), config)
    assert said in sentence
    assert "; " in sentence, "what to do"


@pytest.mark.kafka
def test_the_topics_of_a_deployment_are_looked_at_as_they_are(broker: str) -> None:
    settings = Settings(broker=broker, topic_prefix="td.", app_id="td")
    assert asyncio.run(check_durability(settings)) == []
    asyncio.run(create_topics(settings))
    assert asyncio.run(check_durability(settings)) == []
    configure(settings, "td.purchases", unclean_leader_election_enable="true")
    problems: list[Problem] = []
    while not problems:  # a broker hears of it a little later
        problems = asyncio.run(check_durability(settings))
    (problem,) = problems
    assert problem.topic == "td.purchases"
    assert "set it to false" in str(problem)
