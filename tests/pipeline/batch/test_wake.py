"""An epoch's wakes become timers where it is adopted, however the input is cut."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from schemas.globals import Epoch, Wakes
from schemas.ids import hash64
from schemas.vocabulary import TriggerKind
from streams.knowledge.shared import Knowledge
from streams.pipeline.accept import Vault
from streams.pipeline.batch.wake import SPREAD_MS
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.store import TIMER, MemoryStore, Work

NOON_MS = at("2026-03-20T12:00:00+00:00")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
SETTINGS = load_settings({}, consent_default="granted", quiet_start="00:00", quiet_end="00:00")
VAULT = Vault(b"news", SETTINGS.tenant)
DROP, RESTOCK = TriggerKind.PRICE_DROP, TriggerKind.RESTOCK
USERS = ("anna", "bert", "cleo")


def epoch(number, hours, *wakes):
    """``wakes``: (partition, user, item, kind), sorted by partition."""
    heads = b"".join(VAULT.pseudonym(user)[:8] for _, user, _, _ in wakes)
    return Epoch(
        number=number,
        holds_from_ms=NOON_MS + int(hours * HOUR_MS),
        wakes=Wakes(
            users=heads,
            partitions=np.array([home for home, *_ in wakes], "<u4").tobytes(),
            items=np.array([hash64(item) for _, _, item, _ in wakes], "<u8").tobytes(),
            kinds=np.array([kind for *_, kind in wakes], "u1").tobytes(),
        ),
    )


def pipeline(*epochs):
    made = Pipeline(SETTINGS, VAULT, Knowledge())
    for one in epochs:
        assert made.knowledge.apply_epoch(msgspec.msgpack.encode(one)) is None
    return made


def run(job, records, sizes=(50,)):
    """Return the store and every output, cut into batches of these sizes in turn."""
    store, outputs, at_record, turn = MemoryStore(), [], 0, 0
    while at_record < len(records):
        size = sizes[turn % len(sizes)]
        effects = job.process(0, store, records[at_record : at_record + size])
        store.apply(effects.rows)
        outputs += effects.outputs
        at_record, turn = at_record + size, turn + 1
    return store, outputs


def values(outputs, topic):
    return [json.loads(output.value) for output in outputs if output.topic == topic]


def evening(log):
    """Time passes until everything has come due."""
    for minute in range(0, 40, 5):
        log.tick(NOON_MS + HOUR_MS + minute * MINUTE_MS)


def test_who_looked_at_an_item_hears_that_it_costs_less():
    log = Log()
    log.click("anna", "view", "kettle", NOON_MS)
    log.click("bert", "view", "teapot", NOON_MS)
    evening(log)
    job = pipeline(epoch(1, 1, (0, "anna", "kettle", DROP), (0, "bert", "kettle", DROP)))
    _, outputs = run(job, log.records)
    found = [d for d in values(outputs, "decisions") if d["trigger"]["kind"] == "price_drop"]
    (gone,) = [d for d in found if d["reason"] == "reason_gone"]
    assert gone["candidates"] == []  # bert's own row knows nothing of a kettle
    (decision,) = [d for d in found if d is not gone]
    assert decision["trigger"]["item_id"] == "kettle"
    assert {c["item_id"] for c in decision["candidates"]} == {"kettle"}
    assert 0 <= decision["trigger"]["due_ms"] - (NOON_MS + HOUR_MS) < SPREAD_MS
    (push,) = [r for r in values(outputs, "recommendations") if r["trigger"] == "price_drop"]
    assert push["reason_codes"][0] == "price_drop"
    assert push["items"][0]["item_id"] == "kettle"


def test_consent_caps_and_the_gap_hold_for_news_as_for_everything():
    log = Log()
    log.context("anna", NOON_MS - 1, consent={"push": False})
    log.click("anna", "view", "kettle", NOON_MS)
    evening(log)
    _, outputs = run(pipeline(epoch(1, 1, (0, "anna", "kettle", RESTOCK))), log.records)
    (no,) = values(outputs, "suppressions")
    assert no["reason"] == "no_consent"
    assert values(outputs, "recommendations") == []


def test_a_purchase_before_the_timer_is_due_makes_it_no_news():
    log = Log()
    log.click("anna", "cart", "kettle", NOON_MS)
    log.purchase("anna", ["kettle"], NOON_MS + MINUTE_MS)
    evening(log)
    _, outputs = run(pipeline(epoch(1, 1, (0, "anna", "kettle", DROP))), log.records)
    news = [d for d in values(outputs, "decisions") if d["trigger"]["kind"] == "price_drop"]
    assert [d["reason"] for d in news] == ["reason_gone"]


@pytest.mark.parametrize("stranger", ["nobody", "dora"])
def test_a_user_of_whom_the_partition_knows_nothing_is_not_woken(stranger):
    log = Log()
    log.click("anna", "view", "kettle", NOON_MS)
    evening(log)
    job = pipeline(epoch(1, 1, (0, stranger, "kettle", DROP), (1, "anna", "kettle", DROP)))
    store, outputs = run(job, log.records)
    assert values(outputs, "decisions") == []
    assert store.scan(TIMER, TIMER + b"\xff" * 9) == []


def test_an_epoch_wakes_nobody_twice():
    log = Log()
    log.click("anna", "view", "kettle", NOON_MS)
    evening(log)
    job = pipeline(epoch(1, 1, (0, "anna", "kettle", DROP)))
    store, outputs = run(job, log.records, sizes=(1,))
    assert len(values(outputs, "decisions")) == 1
    for effects in (job.process(0, store, [log.tick(NOON_MS + 2 * HOUR_MS)]) for _ in range(3)):
        store.apply(effects.rows)
        assert values(effects.outputs, "decisions") == []


events = st.lists(
    st.tuples(
        st.integers(0, 90), st.sampled_from(USERS), st.sampled_from(["view", "cart", "fav", "buy"]),
        st.sampled_from(["kettle", "teapot"]),
    ),
    min_size=1, max_size=14,
)  # fmt: skip
wakes = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1]), st.sampled_from((*USERS, "nobody")),
        st.sampled_from(["kettle", "teapot"]), st.sampled_from([DROP, RESTOCK]),
    ),
    max_size=5,
).map(sorted)  # fmt: skip


def log_of(rows, partition=0):
    log = Log(partition)
    for minute, user, what, item in sorted(rows):
        ts_ms = NOON_MS + minute * MINUTE_MS
        if what == "buy":
            log.purchase(user, [item], ts_ms)
        else:
            log.click(user, what, item, ts_ms)
    log.tick(NOON_MS + 100 * MINUTE_MS)
    log.tick(NOON_MS + 200 * MINUTE_MS)
    return log.records


@settings(max_examples=examples(60))
@given(events, wakes, wakes, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_any_batches_give_the_same_state_decisions_and_ids(rows, first, second, sizes):
    epochs = epoch(1, 0.5, *first), epoch(2, 1, *second)
    whole, said = run(pipeline(*epochs), log_of(rows))
    parts, again = run(pipeline(*epochs), log_of(rows), sizes)
    assert parts.rows == whole.rows
    public = ("decisions", "recommendations", "suppressions")
    for topic in public:
        assert [o for o in again if o.topic == topic] == [o for o in said if o.topic == topic]
    ids = [d["decision_id"] for d in values(said, "decisions")]
    assert len(set(ids)) == len(ids)


@settings(max_examples=examples(40))
@given(st.lists(events, min_size=2, max_size=3), wakes, st.integers(1, 9))
def test_together_every_partition_gets_what_it_gets_alone(inputs, woken, size):
    job, stores = pipeline(epoch(1, 0.5, *woken)), [MemoryStore() for _ in inputs]
    logs = [log_of(rows, number) for number, rows in enumerate(inputs)]
    for start in range(0, max(map(len, logs)), size):
        work = [Work(number, stores[number], part) for number, records in enumerate(logs)
                if (part := records[start : start + size])]  # fmt: skip
        alone = [job.process(*each) for each in work]
        assert job.process_all(work) == alone
        for each, effects in zip(work, alone, strict=True):
            each.store.apply(effects.rows)
