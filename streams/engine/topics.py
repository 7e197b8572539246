"""The topics of a deployment: what they are called, how they are made, whether they fit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import InvalidConfigurationError, TopicAlreadyExistsError, for_code

from streams.engine.ahead import AHEAD_MS
from streams.engine.refusal import RefusalError
from streams.engine.topic_limits import (
    AFTER_MAX,
    WRITTEN,
    count_copies,
    find_unfit,
    read_configs,
)
from streams.settings import Settings

_COMPACT = {"cleanup.policy": "compact"}
_STREAM = {AFTER_MAX: str(AHEAD_MS)}
_DAY_MS = 86_400_000
CHANGELOG = "state-changelog"
CLOCK = "clock"
"""Its records carry the broker's time."""
TOMBSTONES_KEPT_MS = 7 * _DAY_MS
"""How long the changelog tells that a row was deleted; local state must be younger than that."""


@dataclass(slots=True, frozen=True)
class Topic:
    """A topic. ``single``: one partition, else as many as the user topics have.

    ``when``: the setting that must be on for it, empty: none.
    """

    name: str
    sentence: str
    single: bool = False
    config: dict[str, str] = field(default_factory=dict)
    when: str = ""


CATALOGUE: tuple[Topic, ...] = (
    Topic("clicks", "Input: what users look at, search for, put in the cart.", config=_STREAM),
    Topic("purchases", "Input: orders placed, returned, cancelled.", config=_STREAM),
    Topic("context", "Input: device, place, locale, consent.", config=_STREAM),
    Topic("profiles", "Input: interests and segments.", config=_STREAM),
    Topic(
        "social", "Input: who follows whom, who shares purchases.", config=_STREAM, when="social"
    ),
    Topic("push-receipts", "Input: what became of the pushes.", config=_STREAM),
    Topic("catalog", "Input: the items.", config=_COMPACT),
    Topic("decisions", "Output: the record of each decision."),
    Topic("recommendations", "Output: what to send, to whom, when. Read committed."),
    Topic("suppressions", "Output: why nothing is sent."),
    Topic("outcomes", "Output: decisions joined with what followed."),
    Topic("late", "Output: events behind the lateness horizon."),
    Topic("dead-letters", "Output: input that cannot be accepted, as it came."),
    Topic(
        "ticks", "Internal: time passing on quiet partitions.",
        config={**_STREAM, "retention.ms": f"{_DAY_MS}"},
    ),
    Topic(
        CLOCK, "Internal: asks the broker for the time.", single=True,
        config={"message.timestamp.type": "LogAppendTime", "retention.ms": f"{_DAY_MS // 24}"},
    ),
    Topic(
        "signals", "Internal: accepted facts, for the learner.", single=True,
        config={"retention.ms": f"{30 * _DAY_MS}"},
    ),
    Topic("globals", "Internal: the learner's epochs.", single=True, config=_COMPACT),
    Topic(
        "snapshots", "Internal: all the learner knows, as of its newest epoch.", single=True,
        config={**_COMPACT, "segment.bytes": f"{64 * 1024 * 1024}"},
    ),
    Topic("bundles", "Internal: model bundles and when they hold.", single=True, config=_COMPACT),
)  # fmt: skip


@dataclass(slots=True, frozen=True)
class Problem:
    """Why a worker cannot run on this cluster: a topic and a sentence."""

    topic: str
    sentence: str

    def __str__(self) -> str:
        """The sentence, with the topic's name."""
        return f"{self.topic}: {self.sentence}"


class TopicsError(RefusalError):
    """The cluster's topics do not fit; the message names each topic and what is wrong."""


def expected(settings: Settings) -> dict[str, NewTopic]:
    """Return every topic by its full name, as `create_topics` makes it."""
    asked = [t for t in CATALOGUE if not t.when or getattr(settings, t.when) == "on"]
    made = [_new_topic(settings.topic(t.name), t, settings) for t in asked]
    # compact only, stamped by the wall clock: a retention would delete the state itself
    config = {**_COMPACT, "delete.retention.ms": str(TOMBSTONES_KEPT_MS)}
    changelog = Topic(f"{settings.app_id}-{CHANGELOG}", "Internal: the state.", config=config)
    made.append(_new_topic(changelog.name, changelog, settings))
    return {topic.name: topic for topic in made}


def _new_topic(name: str, topic: Topic, settings: Settings) -> NewTopic:
    return NewTopic(
        name,
        1 if topic.single else settings.partitions,
        settings.replication,
        topic_configs={"min.insync.replicas": str(settings.min_insync), **topic.config},
    )


async def create_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing; return their names.

    Raises:
        aiokafka.errors.KafkaError: the broker refuses, for example too few brokers for copies.
        TopicsError: they were created, but did not appear within 10 s.
    """
    async with administering(settings) as admin:
        there = await _partition_counts(admin, expected(settings))
        missing = {name: t for name, t in expected(settings).items() if name not in there}
        if missing:
            await _create(admin, missing)
            await _wait_until_known(admin, set(missing))
        return list(missing)


async def _create(admin: AIOKafkaAdminClient, topics: dict[str, NewTopic]) -> None:
    """Create topics; brokers before Kafka 3.6 refuse a setting that the worker can do without."""
    response = await admin.create_topics(list(topics.values()))
    again = []
    for name, code, *_ in response.topic_errors:
        if code == InvalidConfigurationError.errno and AFTER_MAX in topics[name].topic_configs:
            del topics[name].topic_configs[AFTER_MAX]
            again.append(topics[name])
    _raise_refused(await admin.create_topics(again) if again else response)


async def _wait_until_known(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """A broker hears of new topics a little later than the controller that made them."""
    for _ in range(100):
        if names <= set(await _partition_counts(admin, names)):
            return
        await asyncio.sleep(0.1)
    raise TopicsError(f"created, but the broker does not know them yet: {sorted(names)}")


def _raise_refused(response: Any) -> None:
    for name, code, message, *_ in response.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:
            raise for_code(code)(f"{name}: {message}")


async def check_topics(settings: Settings) -> list[Problem]:
    """Return what keeps a worker from running: missing topics, differing partition counts, limits."""
    wanted = expected(settings)
    async with administering(settings) as admin:
        counts = await _partition_counts(admin, wanted)
        problems = find_problems(wanted, counts)
        problems += await _check_limits(admin, settings, wanted, counts)
    return problems


async def _check_limits(
    admin: AIOKafkaAdminClient,
    settings: Settings,
    wanted: dict[str, NewTopic],
    counts: dict[str, int],
) -> list[Problem]:
    written = [f"{settings.app_id}-{CHANGELOG}", *map(settings.topic, WRITTEN)]
    there = [name for name in written if name in counts]
    configs, copies = await read_configs(admin, there), await count_copies(admin, there)
    unfit = find_unfit({name: wanted[name] for name in there}, configs, copies)
    return [Problem(*each) for each in unfit]


async def unguarded(settings: Settings) -> list[str]:
    """Return the input topics on which the broker takes records from the future, or cannot tell."""
    guarded = [name for name, t in expected(settings).items() if AFTER_MAX in t.topic_configs]
    async with administering(settings) as admin:
        configs = await read_configs(admin, guarded)
    most = {name: configs.get(name, {}).get(AFTER_MAX) for name in guarded}
    return [name for name, ms in most.items() if ms is None or int(ms) > AHEAD_MS]


def find_problems(wanted: dict[str, NewTopic], counts: dict[str, int]) -> list[Problem]:
    """Compare the wanted topics with the ``counts`` of partitions that exist. Pure."""
    problems = []
    for name, topic in wanted.items():
        if name not in counts:
            problems.append(Problem(name, "is missing; `kairos topics create` makes it"))
        elif counts[name] != topic.num_partitions:
            problems.append(
                Problem(
                    name,
                    f"has {counts[name]} partitions instead of {topic.num_partitions}; the user "
                    "topics must have as many as the setting `partitions` says, all the same",
                )
            )
    return problems


async def refuse_problems(settings: Settings) -> None:
    """Do nothing if the topics fit.

    Raises:
        TopicsError: they do not.
    """
    problems = await check_topics(settings)
    if problems:
        raise TopicsError("cannot start:\n  " + "\n  ".join(map(str, problems)))


@asynccontextmanager
async def administering(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Yield a started admin client."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _partition_counts(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, int]:
    there = set(await admin.list_topics()) & set(names)
    described = await admin.describe_topics(sorted(there)) if there else []
    return {topic["topic"]: len(topic["partitions"]) for topic in described}
