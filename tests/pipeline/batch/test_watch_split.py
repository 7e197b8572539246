"""A push under watch: zones, countries, the catalogue and receipts, however the sequence is cut."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import MemoryStore

T0_MS = at("2026-03-20T20:00:00+00:00")
STEP_MS = 20 * 60_000
SETTINGS = load_settings({}, consent_default="granted")
USERS, ITEMS = ("anna", "ben"), ("kettle", "rug")
ZONES = ("Europe/London", "America/New_York", "Asia/Tokyo")
COUNTRIES = ("DE", "FR")
WHATS = ("cart", "fav", "remove_cart", "zone", "country", "sent", "opened", "item", "tick")

steps = st.lists(
    st.tuples(st.sampled_from(WHATS), st.sampled_from(USERS), st.integers(0, 5), st.integers(0, 3)),
    min_size=4,
    max_size=16,
)


def run(log, cuts=()):
    """Return rows and outputs but for signals, which go by batch; the catalogue has been read, and holds from its records' times."""
    store, outputs = MemoryStore(), []
    pipeline = Pipeline(SETTINGS, Vault(b"watch", SETTINGS.tenant))
    inputs = [record for record in log.records if record.topic != "catalog"]
    for record in log.records:
        if record.topic == "catalog":
            pipeline.knowledge.apply_catalog(record)
    edges = sorted({0, len(inputs), *(cut for cut in cuts if cut < len(inputs))})
    for start, end in pairwise(edges):
        effects = pipeline.process(0, store, inputs[start:end])
        store.apply(effects.rows)
        outputs += [each for each in effects.outputs if each.topic != "signals"]
    return store.rows, outputs


def told(outputs):
    return [json.loads(each.value) for each in outputs if each.topic == "recommendations"]


def build(script):
    log, now_ms = Log(), T0_MS
    for what, user, number, later in script:
        now_ms += later * STEP_MS
        item = ITEMS[number % 2]
        if what == "zone":
            log.context(user, now_ms - number * STEP_MS, timezone=ZONES[number % 3])
        elif what == "country":
            log.context(user, now_ms - number * STEP_MS, country=COUNTRIES[number % 2])
        elif what == "item":
            body = {"item_id": item, "ts": now_ms, "stock": number, "regions": list(COUNTRIES)}
            body["regions"] = body["regions"][: 1 + number % 2]
            log.add("catalog", item, body if number else None, now_ms)
        elif what == "tick":
            log.tick(now_ms)
        elif what in ("sent", "opened"):
            known = [r for r in told(run(log)[1]) if r["subscriber_id"] == user]
            if known:
                body = {"recommendation_id": known[-1]["recommendation_id"], "user_id": user}
                body |= {"status": what, "ts": now_ms, "revision": number % 2}
                log.add("push-receipts", user, body, now_ms)
        else:
            log.click(user, what, item, now_ms)
    return log


@given(steps, st.lists(st.integers(1, 15), max_size=5))
@settings(max_examples=examples(60))
def test_any_cut_gives_the_same_rows_moves_and_cancels(script, cuts):
    log = build(script)
    assert run(log, cuts) == run(log)


@given(steps)
@settings(max_examples=examples(40))
def test_a_push_is_taken_back_once_and_never_spoken_of_again(script):
    records = told(run(build(script))[1])
    over = set()
    for record in records:
        assert record["recommendation_id"] not in over
        if record["action"] == "cancel":
            over.add(record["recommendation_id"])
