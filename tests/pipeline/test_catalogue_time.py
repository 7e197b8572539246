"""The catalogue holds from its time: through the whole path, in any batches."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log, at

from models.bundle import Bundle, reference_path
from schemas.decision import Decision
from streams.offline.catalogue_seen import check_catalogue
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T0_MS = at("2026-06-10T10:00:00+00:00")
MINUTE_MS = 60_000
BUNDLE = Bundle.load(reference_path())
SETTINGS = load_settings(
    {}, consent_default="granted", partitions=2, send_time="now", news_users=0,
    quiet_start="00:00", quiet_end="00:00",
)  # fmt: skip


def run(records, batch_records=100, slice_timers=1_000):
    outputs = []
    made = Pipeline(
        SETTINGS, Vault(b"a secret", SETTINGS.tenant), bundle=BUNDLE, slice_timers=slice_timers
    )
    done = replay(
        sorted(records, key=lambda r: r.timestamp_ms), made, outputs.append, batch_records
    )
    return outputs, [sorted(store.rows.items()) for store in done.stores]


def decisions(records):
    values = [output.value for output in run(records)[0] if output.topic == "decisions"]
    return [json.loads(value) for value in values]


def item(log, name, ts_ms, **more):
    body = {"item_id": name, "ts": ts_ms, "price_minor": 2_000, "currency": "EUR"} | more
    return log.add("catalog", name, body, ts_ms)


def chosen(log, user_ms):
    """What the cart's reminder of user_ms is about: (item, price told)."""
    found = [d for d in decisions(log.records) if d["trigger"]["kind"] == "cart_left"]
    return [(d["chosen_item_id"], d["catalog_offsets"]) for d in found]


def test_a_first_hour_has_titles_and_prices():
    log = Log()
    item(log, "kettle", T0_MS, title="A kettle")
    log.click("u", "cart", "kettle", T0_MS + MINUTE_MS)
    log.click("clock", "comment", None, T0_MS + 70 * MINUTE_MS)
    log.click("u", "comment", None, T0_MS + 70 * MINUTE_MS)
    pushes = [json.loads(o.value) for o in run(log.records)[0] if o.topic == "recommendations"]
    assert [push["items"][0]["title"] for push in pushes] == ["A kettle"]
    assert pushes[0]["items"][0]["price_minor"] == 2_000


@pytest.mark.parametrize(
    ("sold_out_ms", "expected"),
    [(70 * MINUTE_MS, None), (70 * MINUTE_MS + 1, "kettle")],
    ids=["with the record that brings the timer", "a millisecond after it"],
)
def test_sold_out_holds_for_the_timers_before_the_first_record_of_its_time(sold_out_ms, expected):
    log = Log()
    item(log, "kettle", T0_MS, stock=5)
    log.click("u", "cart", "kettle", T0_MS + MINUTE_MS)  # its timer is due at 61 minutes
    log.click("u", "comment", None, T0_MS + 70 * MINUTE_MS)
    item(log, "kettle", T0_MS + sold_out_ms, stock=0)
    (told,) = [d for d in decisions(log.records) if d["trigger"]["kind"] == "cart_left"]
    assert told["chosen_item_id"] == expected
    seen = 1 if expected is None else 0
    assert list(told["catalog_offsets"].values()) == [seen]
    assert told["catalog_ms"] == T0_MS + 70 * MINUTE_MS
    assert told["catalog_version"] == seen + 1


def test_explain_says_when_a_replay_sees_another_catalogue():
    log = Log()
    item(log, "kettle", T0_MS, stock=5)
    log.click("u", "cart", "kettle", T0_MS + MINUTE_MS)
    log.click("u", "comment", None, T0_MS + 70 * MINUTE_MS)
    (told,) = [d for d in decisions(log.records) if d["trigger"]["kind"] == "cart_left"]
    body = {name: told[name] for name in told if name != "model"}
    decision = Decision(**(body | {"model": None}))
    (partition,) = told["catalog_offsets"]
    catalog = [r for r in log.records if r.topic == "catalog"]
    here = [
        type(r)(r.topic, int(partition), r.offset, r.timestamp_ms, r.key, r.value) for r in catalog
    ]
    assert check_catalogue(decision, here).same
    late = item(log, "kettle", T0_MS + 65 * MINUTE_MS, stock=0)
    arrived_since = type(late)(
        "catalog", int(partition), 1, late.timestamp_ms, late.key, late.value
    )
    other = check_catalogue(decision, [*here, arrived_since])
    assert other.same is False
    assert "saw" in other.detail


STEPS = st.lists(
    st.tuples(
        st.integers(0, 20),  # minutes since the one before
        st.sampled_from(["view", "cart", "fav", "catalog", "withdraw", "context"]),
        st.integers(0, 4),  # user
        st.integers(0, 3),  # item
        st.integers(0, 3),  # stock, price
    ),
    min_size=5,
    max_size=40,
)


def log_of(steps):
    log, now_ms = Log(), T0_MS
    for number, (minutes, what, user, thing, value) in enumerate(steps):
        now_ms += minutes * MINUTE_MS
        if what == "catalog":
            item(log, f"i{thing}", now_ms + number, stock=value, price_minor=1_000 + 300 * value)
        elif what == "withdraw":
            log.add("catalog", f"i{thing}", None, now_ms)
        elif what == "context":
            log.context(f"u{user}", now_ms, device=("mobile", "desktop")[value % 2])
        else:
            log.click(f"u{user}", what, f"i{thing}", now_ms)
    log.click("u0", "comment", None, now_ms + 200 * MINUTE_MS)
    return log.records


@given(STEPS, st.integers(1, 9), st.integers(1, 3))
@settings(max_examples=examples(25), deadline=None)
def test_any_split_gives_the_same_bytes_with_catalogue_records_in_the_sequence(steps, size, slices):
    records = log_of(steps)
    whole = run(records)
    assert run(records, size) == whole
    assert run(records, size, slices)[0] == whole[0]
