"""The features job of stream benchmarks, on Kairos' engine: counts per user and hour, exactly once.

Topic of clicks -> per user and tumbling hour a count per event type, in durable changelogged
state -> for every event the counts after it. Run as ``faust -A benchmarks.features_job worker``
with BROKER, IN_TOPIC, OUT_TOPIC, APP_ID and STATE_DIR in the environment; the topics exist and
have PARTITIONS (4) partitions each, the changelog is made here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from numpy.typing import NDArray

from schemas.tables import Output, SourceRecord
from streams.app import create_app
from streams.engine.app import KairosApp
from streams.engine.options import Options
from streams.engine.topics import CLOCK, expected
from streams.settings import Settings, load_settings
from streams.state.store import USER, Effects, Store

HOUR_MS = 3_600_000
TYPES = ("view", "cart", "fav", "purchase")
BATCH_RECORDS = "10000"
"""A backlog goes in batches this large, a trickle in what there is."""
KIND = {name: kind for kind, name in enumerate(TYPES)}
COUNT = np.dtype("<u4")


class Click(msgspec.Struct, gc=False):
    """What the job reads of an event."""

    event_id: str
    user_id: str
    event: str
    ts: int


class Counts(msgspec.Struct, gc=False):
    """The output of an event: the counts of its user and window after it."""

    event_id: str
    user_id: str
    win: int
    view: int
    cart: int
    fav: int
    purchase: int


class Features:
    """A row per user and hour: four counts. The key is the user's id and the hour's number."""

    def __init__(self, out_topic: str) -> None:
        self._out_topic = out_topic
        self._decode = msgspec.json.Decoder(Click).decode
        self._encode = msgspec.json.Encoder().encode

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        """Count a batch; one output per event, in order."""
        decode, encode, topic = self._decode, self._encode, self._out_topic
        clicks = [decode(record.value) for record in records]
        hours = [click.ts // HOUR_MS for click in clicks]
        kinds = [KIND[click.event] for click in clicks]
        slots: dict[tuple[str, int], int] = {}
        slot = [
            slots.setdefault((click.user_id, hour), len(slots))
            for click, hour in zip(clicks, hours, strict=True)
        ]
        keys = [USER + b"%b@%d" % (user.encode(), hour) for user, hour in slots]
        rows = [row or bytes(16) for row in store.get_many(keys)]
        before = np.frombuffer(b"".join(rows), COUNT).reshape(-1, 4)
        after, last = running_counts(np.array(slot), np.array(kinds), before)
        packed = last.astype(COUNT).tobytes()
        values = [
            encode(Counts(click.event_id, click.user_id, hour * HOUR_MS, *counts))
            for click, hour, counts in zip(
                clicks, hours, zip(*after.T.tolist(), strict=True), strict=True
            )
        ]
        return Effects(
            rows={key: packed[16 * n : 16 * n + 16] for n, key in enumerate(keys)},
            outputs=[Output(topic, r.key, v) for r, v in zip(records, values, strict=True)],
        )


def running_counts(
    slot: NDArray[np.int64], kind: NDArray[np.int64], before: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the counts int64[n, 4] after each of ``n`` events, and int64[slots, 4] after all."""
    order = np.argsort(slot, kind="stable")
    one = np.zeros((len(slot) + 1, len(TYPES)), np.int64)
    one[np.arange(1, len(slot) + 1), kind[order]] = 1
    total = one.cumsum(axis=0)  # row i: before the i-th event in order of slots
    ordered = slot[order]
    first = np.searchsorted(ordered, np.arange(len(before)))
    after = np.empty((len(slot), len(TYPES)), np.int64)
    after[order] = total[1:] - total[first][ordered] + before[ordered]
    ends = np.append(first[1:], len(slot))
    return after, before + total[ends] - total[first]


async def make_changelog(settings: Settings) -> None:
    """Create the topics of the changelog and of the clock unless they are there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    await admin.start()
    try:
        changelog = NewTopic(
            f"{settings.app_id}-state-changelog", settings.partitions, settings.replication,
            topic_configs={"cleanup.policy": "compact"},
        )  # fmt: skip
        clock = expected(settings)[settings.topic(CLOCK)]
        await admin.create_topics([changelog, clock])
    finally:
        await admin.close()


def make_app(environ: Mapping[str, str]) -> KairosApp:
    """Return the app that the environment asks for; KAIROS_* settings count too."""
    settings = load_settings(
        {"KAIROS_BATCH_RECORDS": BATCH_RECORDS, **environ},
        broker=environ.get("BROKER", "localhost:9092"),
        app_id=environ.get("APP_ID", "features"),
        catch_up="speak",
        data_dir=environ.get("STATE_DIR", ".kairos"),
        partitions=int(environ.get("PARTITIONS", "4")),
    )
    options = Options.of(settings, topics=(environ.get("IN_TOPIC", "clicks"),))
    job = Features(environ.get("OUT_TOPIC", "features-out"))
    return create_app(settings, job, options, make_changelog)


app = make_app(os.environ)
