"""Whatever shops send, the path never raises: a record is counted, or a dead letter, and no more."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from models.bundle import Bundle, reference_path
from schemas.tables import SourceRecord
from schemas.vocabulary import CLICK_EVENTS, PURCHASE_STATUSES, PushStatus
from streams.pipeline.accept import Vault
from streams.pipeline.containment import NO_VERDICTS, Seen
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings
from streams.state.marker import read_marker
from streams.state.store import MemoryStore, Work

Y2000_MS, Y2100_MS = 946_684_800_000, 4_102_444_800_000
SETTINGS = load_settings({}, consent_default="granted", repeat_item_views=2, debounce_ms=1_000)
BUNDLE = Bundle.load(reference_path())

users = st.sampled_from(["a", "b", "😀", "שלום"])
ids = st.one_of(st.sampled_from(["i1", "i2", "i3"]), st.text(max_size=6))
times = st.one_of(
    st.integers(1_774_000_000_000, 1_774_400_000_000),
    st.sampled_from([Y2000_MS, Y2000_MS - 1, Y2100_MS - 1, Y2100_MS, 0, -1, 2**63, 2**70]),
    st.sampled_from(["2026-03-29T01:30:00+00:00", "2026-03-20T10:00:00.123456Z", "soon", ""]),
)
numbers = st.one_of(
    st.integers(-5, 70_000), st.sampled_from([2**31, 2**63, 2**64, -(2**63), 10**30])
)
anything = st.one_of(st.none(), st.booleans(), numbers, st.floats(), ids, st.lists(ids, max_size=2))


def one_of_ours(fields, optional):
    return st.builds(
        lambda a, b: {**a, **b},
        st.fixed_dictionaries(fields),
        st.fixed_dictionaries({}, optional=optional),
    )


clicks = one_of_ours(
    {
        "event_id": ids,
        "user_id": users,
        "event": st.sampled_from([*CLICK_EVENTS, "stare"]),
        "ts": times,
    },
    {
        "item_id": ids,
        "category_id": ids,
        "query": ids,
        "quantity": numbers,
        "price_minor": numbers,
        "device": ids,
    },
)
lines = st.lists(
    st.fixed_dictionaries({"item_id": ids, "quantity": numbers, "unit_price_minor": numbers}),
    max_size=3,
)
purchases = one_of_ours(
    {"event_id": ids, "user_id": users, "order_id": ids, "ts": times, "lines": lines,
     "status": st.sampled_from([*PURCHASE_STATUSES, "lost"]), "currency": st.sampled_from(["EUR", "ZZZ"])},
    {"zz": anything},
)  # fmt: skip
contexts = one_of_ours(
    {"event_id": ids, "user_id": users, "ts": times},
    {
        "device": st.one_of(st.none(), ids),
        "timezone": st.sampled_from([None, "Pacific/Apia", "Asia/Kathmandu", "America/New_York", "Mars"]),
        "lat": st.floats(), "lon": st.floats(), "app_minutes": st.one_of(st.floats(), numbers),
        "locale": ids, "scene": st.sampled_from(["in_store", "nowhere", None]),
        "consent": st.sampled_from([None, {}, {"push": True}, {"push": False}, {"push": None}, 3]),
    },
)  # fmt: skip
receipts = one_of_ours(
    {"recommendation_id": st.one_of(st.uuids().map(str), ids), "user_id": users, "ts": times,
     "status": st.sampled_from([s.name.lower() for s in PushStatus])},
    {"rating": numbers},
)  # fmt: skip


COMMAND = {"after": {}, "user": "00" * 16, "fresh": True}
"""What each command on `ticks` would take."""


@st.composite
def sequences(draw):
    """A partition's input: mostly ours, some with a field of any type, some any bytes."""
    topics = {
        "clicks": clicks,
        "purchases": purchases,
        "context": contexts,
        "push-receipts": receipts,
    }
    now_ms, found = 1_774_000_000_000, []
    for offset in range(draw(st.integers(1, 25))):
        topic = draw(st.sampled_from([*topics, "ticks"]))
        now_ms += draw(st.integers(0, 7_200_000))
        value = draw(topics[topic]) if topic in topics else {**COMMAND, "ts": now_ms}
        if draw(st.integers(0, 5)) == 0 and value:
            value[draw(st.sampled_from(sorted(value)))] = draw(anything)
        raw = json.dumps(value).encode()
        if draw(st.integers(0, 9)) == 0:
            raw = draw(st.one_of(st.none(), st.binary(max_size=20), st.just(raw[: len(raw) // 2])))
        key = value.get("user_id") if isinstance(value.get("user_id"), str) else "a"
        if topic == "ticks":
            key = draw(st.sampled_from(["", "a", "time-back", "release"]))
            now_ms -= draw(st.integers(0, 7_200_000))  # a command may bring time back
        key = key.encode(errors="replace") or None
        found.append(SourceRecord(topic, 0, offset, now_ms, key, raw))
    return found


@given(sequences(), st.integers(1, 25))
@settings(max_examples=examples(150))
def test_nothing_that_is_sent_stops_the_path(records, batch):
    store = MemoryStore()
    pipeline = Pipeline(SETTINGS, Vault(b"fuzz", SETTINGS.tenant), bundle=BUNDLE)
    outputs = []
    for start in range(0, len(records), batch):
        left = records[start : start + batch]
        while left:  # `process` would contain what raises: nothing may need that
            (effects,) = pipeline.decide([Work(0, store, left)], NO_VERDICTS, Seen())
            store.apply(effects.rows)
            outputs += effects.outputs
            left = left[len(left) - effects.left :]
    counts = read_marker(store).counts
    kept = ("accepted", "duplicates", "late", "dead_letters")
    consumed = sum(r.topic in ("clicks", "purchases", "context") for r in records)
    assert sum(counts.get(name, 0) for name in kept) == counts.get("consumed", 0) == consumed
    for output in outputs:
        if output.topic in ("decisions", "recommendations", "suppressions"):
            record = json.loads(output.value)  # NaN and Infinity would not be JSON
            assert record["schema_version"] == 1
