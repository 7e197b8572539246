"""Event time across topics through a real Kafka: however producers interleave, the same features."""

from __future__ import annotations

import random

import numpy as np
import pytest
from support.records import Log, at

from models.features import user_features
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.aggregate import facts_length, unpack_rows
from streams.pipeline.pipeline import Pipeline
from streams.state.store import USER

pytestmark = pytest.mark.kafka

BEGIN = at("2025-06-01T08:00:00+00:00")
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
USERS = 12
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def a_year():
    """A year of three topics, oldest first; users move between zones, clocks change four times."""
    rng, log = random.Random(5), Log()
    for number in range(1_800):
        ts_ms = BEGIN + number * 366 * DAY_MS // 1_800 + rng.randrange(HOUR_MS)
        who, item = f"user{rng.randrange(USERS)}", f"item{rng.randrange(30)}"
        what = rng.random()
        if what < 0.7:
            log.click(
                who, rng.choice(("view", "view", "cart", "fav")), item, ts_ms, category_id="c"
            )
        elif what < 0.9:
            log.purchase(who, [item], ts_ms)
        else:
            log.context(who, ts_ms, timezone=rng.choice(ZONES), device="mobile")
    return sorted(log.records, key=lambda record: record.timestamp_ms)


def one_topic_after_the_other(records):
    return sorted(records, key=lambda record: record.topic, reverse=True)


def a_topic_far_ahead(records):
    """Clicks run half a year ahead of what the other producers manage to send."""
    ahead = 183 * DAY_MS
    return sorted(records, key=lambda r: r.timestamp_ms - ahead * (r.topic == "clicks"))


def torn(records):
    """Runs of random length from each topic in turn: every fetch finds something else missing."""
    rng = random.Random(9)
    queues = {
        topic: [r for r in records if r.topic == topic]
        for topic in ("clicks", "purchases", "context")
    }
    sent = []
    while any(queues.values()):
        topic = rng.choice([name for name, queue in queues.items() if queue])
        run = rng.randrange(1, 300)
        sent += queues[topic][:run]
        del queues[topic][:run]
    return sent


@pytest.mark.parametrize("sent", [one_topic_after_the_other, a_topic_far_ahead, torn])
def test_a_replayed_year_gives_the_features_of_the_year_as_it_was(shop, sent):
    it = shop(batch_records=150, partitions=2, epoch_ms=DAY_MS)
    year = a_year()
    it.send(sent(year))  # everything lies there before the worker comes: a replay
    it.worker("first")
    it.wait(lambda: it.consumed() >= len(year), "the end of the year", timeout_s=150)
    expected = as_it_was(it.settings, year)
    counts = it.changelog()[0].counts()
    assert counts["accepted"] == len(year)
    assert counts.get("late", 0) == 0
    _, rows = it.changelog()
    found = {key: row for key, row in rows.items() if key.startswith(USER) and row}
    assert facts(found) == facts(expected)
    assert features(found) == features(expected)


def as_it_was(settings, year):
    vault = Vault(settings.secret.encode(), settings.tenant)
    done = replay(year, Pipeline(settings, vault), lambda output: None)
    return {
        key: row
        for store in done.stores for key, row in store.rows.items() if key.startswith(USER)
    }  # fmt: skip


def facts(rows):
    return {key: row[: facts_length(row)] for key, row in rows.items()}


def features(rows):
    keys = sorted(rows)
    state = unpack_rows(keys, [rows[key] for key in keys])
    now_ms = np.full(len(keys), BEGIN + 366 * DAY_MS)
    return user_features(state, now_ms, ["Europe/London"] * len(keys)).tobytes()
