"""Look a deployment over: what is wrong, and what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.structs import ConsumerRecord

from models.bundle import BundleError, reference_path
from schemas.not_wired import NOT_WIRED, UNUSED_TOPICS
from streams.engine.ahead import AHEAD_MS
from streams.engine.catalogue_accounts import read_accounts
from streams.engine.cover import Cover, read_cover
from streams.engine.durability import check_durability
from streams.engine.topic_limits import AFTER_MAX
from streams.engine.topics import check_topics, unguarded
from streams.knowledge.shared import Knowledge
from streams.offline.replay import partition_of
from streams.operate.tools.commanding import ahead, broker_ms
from streams.operate.tools.markers import read_markers
from streams.operate.tools.reading import consuming, places, read, spans
from streams.operate.tools.set_aside import internal_errors, skipped
from streams.operate.tools.set_aside import users as users_aside
from streams.pipeline.accept import secret_problem
from streams.pipeline.assemble import load_bundle
from streams.settings import Settings
from streams.state.marker import Marker

KEYED = ("clicks", "purchases", "context", "profiles", "social")
CATALOGUE_COUNTS = ("consumed", "accepted", "dead_letters", "partial")
SAMPLE = 200
"""Newest records looked at in each partition."""
LEAST_FREE_BYTES = 2**30
FETCH, INIT_PRODUCER_ID, ADD_OFFSETS_TO_TXN, TXN_OFFSET_COMMIT = 1, 22, 25, 28
FETCH_OF_3_5 = 15
"""The Fetch API's version that came with Kafka 3.5."""


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: fine, or a problem and what to do."""

    what: str
    ok: bool
    sentence: str
    remedy: str = ""


async def look_over(settings: Settings) -> list[Finding]:
    """Make every check that can be made; without a broker the ones on it are left out."""
    findings = [Finding("settings", True, "all in bounds"), check_bundle(settings)]
    findings += [check_secret(settings), check_disk(settings), tell_not_wired()]
    findings.append(broker := await check_broker(settings))
    if broker.ok:
        findings += [await check_topic_list(settings), await check_copies(settings)]
        findings.append(await check_keys(settings))
        if findings[-3].ok:
            findings.append(judge_time(await unguarded(settings)))
            markers = await read_markers(settings)
            findings.append(judge_partitions(ahead(markers, await broker_ms(settings))))
            knowledge = Knowledge()
            findings.append(judge_accounts(await read_accounts(settings)))
            findings += [
                judge_set_aside(markers),
                judge_skipped(await skipped(settings, knowledge)),
            ]
            findings.append(
                judge_cover(await read_cover(settings, knowledge.catalogue.knows_in_the_end))
            )
    return findings


async def check_broker(settings: Settings) -> Finding:
    """Look whether the broker is there and has what the engine needs."""
    client = AIOKafkaClient(bootstrap_servers=settings.broker)
    try:
        await client.bootstrap()
        node = client.get_random_node()
        answer = await client.send(node, ApiVersionRequest())
        nodes = len(client.cluster.brokers())
    except (KafkaError, OSError):
        return Finding(
            "broker", False, f"{settings.broker} cannot be reached",
            "start it (`kairos broker start` runs one here) or set KAIROS_BROKER",
        )  # fmt: skip
    finally:
        await client.close()
    return judge_broker(nodes, {api: newest for api, _, newest in answer.api_versions})


def judge_broker(nodes: int, newest: dict[int, int]) -> Finding:
    """Judge a cluster by the newest version it speaks of each API."""
    missing = {INIT_PRODUCER_ID, ADD_OFFSETS_TO_TXN, TXN_OFFSET_COMMIT} - set(newest)
    if missing:
        return Finding(
            "broker", False, f"it knows no transactions (APIs {sorted(missing)} are missing)",
            "Kairos needs Apache Kafka 3.5 or newer, or a compatible broker with transactions",
        )  # fmt: skip
    fetch = newest.get(FETCH, 0)
    age = "3.5 or newer" if fetch >= FETCH_OF_3_5 else "older than 3.5: not tested with Kairos"
    return Finding(
        "broker", True, f"{nodes} node(s), transactions, Fetch up to v{fetch} (as Kafka {age})"
    )


async def check_topic_list(settings: Settings) -> Finding:
    """Look whether the topics are there, with equal partition counts."""
    problems = await check_topics(settings)
    if problems:
        return Finding(
            "topics", False, "; ".join(map(str, problems)),
            "`kairos topics create` makes missing ones; a partition count needs a new topic; a limit "
            "or policy is altered as each problem says",
        )  # fmt: skip
    return Finding("topics", True, f"all there, user topics with {settings.partitions} partitions")


async def check_copies(settings: Settings) -> Finding:
    """Look whether the cluster keeps what it has acknowledged."""
    problems = await check_durability(settings)
    if problems:
        return Finding(
            "copies", False, "; ".join(map(str, problems)),
            "a worker stops when its state has lost data; `kairos recover` then says what is left",
        )  # fmt: skip
    return Finding("copies", True, "no topic elects unclean leaders, all have their copies in sync")


def judge_time(topics: list[str]) -> Finding:
    """Say where the broker lets records from the future in: there the workers set them aside."""
    if not topics:
        return Finding("time", True, "the broker refuses records from the future")
    return Finding(
        "time", True, f"the broker takes records from the future on {', '.join(topics)}: "
        "workers make them dead letters (record_ts_future)",
        f"set {AFTER_MAX}={AHEAD_MS} on them (Kafka 3.6 and newer)",
    )  # fmt: skip


def judge_partitions(ahead: list[int]) -> Finding:
    """Judge which partitions' time is ahead of the broker's."""
    if ahead:
        return Finding(
            "ahead", False, f"the time of partitions {ahead} is ahead of the broker's: no tick moves "
            "it, timers fired early",
            "`kairos time back`",
        )  # fmt: skip
    return Finding("ahead", True, "no partition is ahead of the broker's time")


def judge_set_aside(markers: dict[int, Marker]) -> Finding:
    """Judge whom and what workers have set aside; users are named by their pseudonyms."""
    errors, users = internal_errors(markers), users_aside(markers)
    sentence = f"{sum(map(len, users.values()))} users, {errors} records and decisions"
    if users:
        return Finding(
            "set aside", False, f"{sentence}; by partition: {users}",
            "`kairos user release PSEUDONYM --pseudonym` lets a user's records count again",
        )  # fmt: skip
    return Finding(
        "set aside", True, sentence, "" if not errors else
        "the log says place and traceback hash (`set aside`): please report them",
    )  # fmt: skip


def judge_skipped(counts: Mapping[str, int]) -> Finding:
    """Say how many records of shared topics cannot be used."""
    if not counts:
        return Finding("skipped", True, "every record of catalog, globals and signals can be used")
    told = ", ".join(f"{n} of {topic}" for topic, n in sorted(counts.items()))
    return Finding(
        "skipped", True, f"records that cannot be used: {told}",
        "workers name each in their log (`skipped`); a catalogue item is mended by a new record",
    )  # fmt: skip


async def check_keys(settings: Settings) -> Finding:
    """Look whether the newest records lie where the default partitioner puts their keys."""
    topics = [settings.topic(name) for name in KEYED]
    records: list[ConsumerRecord[bytes, bytes]] = []
    counts: dict[str, int] = {}
    async with consuming(settings) as consumer:
        found = await places(settings, topics)
        for place in found:
            counts[place.topic] = counts.get(place.topic, 0) + 1
        newest = {
            place: (max(first, after - SAMPLE), after)
            for place, (first, after) in (await spans(consumer, found)).items()
        }
        records += [r async for part in read(consumer, newest) for rs in part.values() for r in rs]
    return judge_keys(records, counts)


def judge_keys(
    records: Iterable[ConsumerRecord[bytes, bytes]], partitions: dict[str, int]
) -> Finding:
    """Judge where records lie; ``partitions``: how many each topic has."""
    looked, strangers, keyless = 0, 0, 0
    for record in records:
        looked += 1
        keyless += record.key is None
        if record.key is not None:
            expected = partition_of(record.key, partitions[record.topic])
            strangers += expected != record.partition
    if strangers or keyless:
        return Finding(
            "keys", False,
            f"of {looked} newest records {strangers} lie on an unexpected partition, "
            f"{keyless} have no key",
            "key them by user_id and use the murmur2 partitioner (librdkafka: "
            "partitioner=murmur2_random), so that a user's events meet",
        )  # fmt: skip
    return Finding("keys", True, f"{looked} newest records lie where their keys belong")


def check_bundle(settings: Settings) -> Finding:
    """Load the model bundle, every byte of it."""
    path = settings.bundle or str(reference_path())
    try:
        bundle = load_bundle(settings)
    except (BundleError, OSError) as error:
        return Finding(
            "bundle", False, f"{path} cannot be used: {error}",
            "train one (`kairos train`) or point KAIROS_BUNDLE at one made by this version",
        )  # fmt: skip
    remedy = "train one on your own history: `kairos train`" if bundle.manifest.starter else ""
    return Finding("bundle", True, f"{bundle.title()}, {path}", remedy)


def judge_accounts(counts: Mapping[str, int]) -> Finding:
    """Say what became of the catalogue's records so far."""
    told = ", ".join(f"{name} {counts.get(name, 0)}" for name in CATALOGUE_COUNTS)
    faults = counts.get("dead_letters", 0) + counts.get("partial", 0)
    remedy = "`dead-letters` has each with its reason; `kairos item ID` shows what is in force"
    return Finding("accounts", True, f"records of catalog: {told}", remedy if faults else "")


def judge_cover(found: Cover) -> Finding:
    """Say how much of what users touch the catalogue knows; less than half is worth a warning."""
    warning = "send the whole catalogue, or see `unknown_items`: what it lacks may not be offered"
    return Finding("catalogue", True, str(found), warning if found.is_poor else "")


def check_secret(settings: Settings) -> Finding:
    """Look whether the secret is long enough for a worker."""
    problem = secret_problem(settings)
    if problem:
        return Finding("secret", False, problem, "KAIROS_SECRET=$(openssl rand -hex 32)")
    return Finding(
        "secret", True, "long enough" if settings.secret else "none given: one is kept in data_dir"
    )


def tell_not_wired() -> Finding:
    """Name what may be told and has no effect on any decision yet."""
    topics = ", ".join(UNUSED_TOPICS)
    return Finding(
        "not wired",
        True,
        f"without effect yet: {', '.join(NOT_WIRED)}; nothing uses the topics {topics}",
    )


def check_disk(settings: Settings) -> Finding:
    """Look whether there is room for the local state."""
    path = Path(settings.data_dir).resolve()
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    sentence = f"{free / 2**30:.1f} GiB free at {path}"
    return Finding(
        "disk", free >= LEAST_FREE_BYTES, sentence,
        "" if free >= LEAST_FREE_BYTES else "make room or move KAIROS_DATA_DIR",
    )  # fmt: skip
