"""Every bad input has its reason; every odd but valid one is accepted."""

from __future__ import annotations

import json
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.inputs import (
    CLICK,
    CONTEXT,
    LINE,
    NOW_MS,
    PURCHASE,
    RECEIPT,
    SETTINGS,
    VALID,
    record,
    run,
)

from models.features.whereabouts import cell_middle
from schemas.ids import hash64
from schemas.vocabulary import ContextField, DeadReason, EventType, PushStatus

DAY_MS = 86_400_000
LONG = "x" * 10_000


def click(**changes):
    return CLICK | changes


def text(value, old, new):
    """JSON text in which a placeholder becomes what json.dumps would never write."""
    return json.dumps(value).replace(f'"{old}"', new).encode()


def without(value, field):
    return {name: entry for name, entry in value.items() if name != field}


def order(**changes):
    return PURCHASE | {"lines": [LINE | changes]}


REQUIRED = {
    "clicks": ("event_id", "user_id", "event", "ts"),
    "purchases": ("event_id", "user_id", "order_id", "ts", "status", "lines", "currency"),
    "context": ("event_id", "user_id", "ts"),
    "push-receipts": ("recommendation_id", "user_id", "ts", "status"),
}
BAD = [
    ("clicks", None, "empty_value"),
    ("clicks", b"", "empty_value"),
    ("clicks", b"hello", "not_json"),
    ("clicks", b"  ", "not_json"),
    ("clicks", b'{"event_id":"e1"', "not_json"),
    ("clicks", json.dumps(CLICK).encode() + b"x", "not_json"),
    ("clicks", b"\xef\xbb\xbf" + json.dumps(CLICK).encode(), "not_json"),
    ("clicks", text(click(query="?"), "?", '"a\nb"'), "not_json"),
    ("clicks", b"[]", "not_object"),
    ("clicks", b'"text"', "not_object"),
    ("clicks", b"7", "not_object"),
    ("clicks", b"null", "not_object"),
    ("clicks", b"\xff\xfe", "bad_utf8"),
    ("clicks", json.dumps(click(item_id="?")).encode().replace(b"?", b"\xff"), "bad_utf8"),
    ("clicks", json.dumps(click(extra="?")).encode().replace(b"?", b"\xff"), "bad_utf8"),
    ("clicks", json.dumps(click(item_id="?")).encode().replace(b"?", b"\xed\xa0\x80"), "bad_utf8"),
    ("clicks", text(click(item_id="?"), "?", r'"\ud800"'), "lone_surrogate"),
    ("clicks", text(click(item_id="?"), "?", r'"\udc00 \ud83d"'), "lone_surrogate"),
    ("clicks", text(click(extra="?"), "?", r'"\ud800"'), "lone_surrogate"),
    ("clicks", b" " * 10_000_000, "value_too_large"),
    ("clicks", b"[" * 100_000, "nested_too_deep"),
    ("clicks", b"[" * 100_000 + b"]" * 100_000, "nested_too_deep"),
    ("clicks", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested_too_deep"),
    ("clicks", text(click(extra="?"), "?", "[" * 70 + "]" * 70), "nested_too_deep"),
    ("clicks", text(click(ts="?"), "?", "NaN"), "not_finite"),
    ("clicks", text(click(extra="?"), "?", "-Infinity"), "not_finite"),
    ("clicks", text(click(extra="?"), "?", "1e999"), "not_finite"),
    ("context", text(CONTEXT | {"lat": "?", "lon": 1.0}, "?", "1e999"), "not_finite"),
    ("context", text(CONTEXT | {"lat": "?", "lon": 1.0}, "?", "9" * 400), "not_finite"),
    ("context", text(CONTEXT | {"app_minutes": "?"}, "?", "Infinity"), "not_finite"),
    *((topic, without(VALID[topic], field), "missing_field")
      for topic, fields in REQUIRED.items() for field in fields),
    *((topic, VALID[topic] | {field: wrong}, "wrong_type")
      for topic, fields in REQUIRED.items() for field in fields
      for wrong in (None, True, 1.5, {"a": 1}, 7 if field not in ("ts",) else [])),
    ("clicks", click(item_id=7), "wrong_type"),
    ("clicks", click(quantity="2"), "wrong_type"),
    ("clicks", click(quantity=True), "wrong_type"),
    ("purchases", order(item_id=7), "wrong_type"),
    ("purchases", PURCHASE | {"lines": [without(LINE, "quantity")]}, "missing_field"),
    ("purchases", PURCHASE | {"lines": [7]}, "wrong_type"),
    ("context", CONTEXT | {"lat": "52", "lon": 13.0}, "wrong_type"),
    ("context", CONTEXT | {"consent": True}, "wrong_type"),
    ("context", CONTEXT | {"consent": {"push": "yes"}}, "wrong_type"),
    ("push-receipts", RECEIPT | {"recommendation_id": "not-a-uuid"}, "wrong_type"),
    ("push-receipts", RECEIPT | {"recommendation_id": "0b8d5a5e3c525d0e9d2a1f6f3c1b2a4d"},
     "wrong_type"),
    ("clicks", click(user_id="u2"), "key_mismatch"),
    ("clicks", click(user_id=""), "empty_id"),
    ("clicks", click(event_id=""), "empty_id"),
    ("clicks", click(item_id=""), "empty_id"),
    ("clicks", click(category_id=""), "empty_id"),
    ("purchases", PURCHASE | {"order_id": ""}, "empty_id"),
    ("purchases", order(item_id=""), "empty_id"),
    ("push-receipts", RECEIPT | {"recommendation_id": ""}, "empty_id"),
    ("clicks", click(user_id=LONG), "id_too_long"),
    ("clicks", click(event_id=LONG), "id_too_long"),
    ("clicks", click(item_id=LONG), "id_too_long"),
    ("clicks", click(item_id="é" * 129), "id_too_long"),
    ("clicks", click(session_id=LONG), "id_too_long"),
    ("clicks", click(device=LONG), "id_too_long"),
    ("purchases", order(category_id=LONG), "id_too_long"),
    ("context", CONTEXT | {"place": LONG}, "id_too_long"),
    ("clicks", click(event="stare"), "unknown_event"),
    ("clicks", click(event="purchase"), "unknown_event"),
    ("clicks", click(event="VIEW"), "unknown_event"),
    ("clicks", click(ts=NOW_MS // 1000), "ts_seconds"),
    ("clicks", click(ts=0), "ts_seconds"),
    ("clicks", click(ts=NOW_MS * 1000), "ts_microseconds"),
    ("clicks", text(click(ts="?"), "?", "9" * 5_000), "ts_microseconds"),
    ("clicks", click(ts=-1), "ts_negative"),
    ("clicks", click(ts=NOW_MS + 365 * DAY_MS), "ts_future"),
    ("clicks", click(ts="2027-05-28T00:00:00Z"), "ts_future"),
    ("clicks", click(ts="2026-05-27T10:00:00"), "ts_without_zone"),
    ("clicks", click(ts="2026-05-27"), "ts_without_zone"),
    ("clicks", click(ts="yesterday"), "ts_invalid"),
    ("clicks", click(ts=""), "ts_invalid"),
    ("clicks", click(ts=str(NOW_MS)), "ts_invalid"),
    ("clicks", click(ts="2026-02-30T10:00:00Z"), "ts_invalid"),
    ("clicks", click(ts="1999-12-31T23:59:59Z"), "ts_invalid"),
    ("clicks", click(quantity=0), "bad_quantity"),
    ("purchases", order(quantity=0), "bad_quantity"),
    ("purchases", order(quantity=-3), "bad_quantity"),
    ("context", CONTEXT | {"app_minutes": -1}, "bad_quantity"),
    ("clicks", click(price_minor=-1), "bad_price"),
    ("purchases", order(unit_price_minor=-1), "bad_price"),
    ("clicks", click(currency="EURO"), "unknown_currency"),
    ("purchases", PURCHASE | {"currency": "QQQ"}, "unknown_currency"),
    ("purchases", PURCHASE | {"currency": "eur"}, "unknown_currency"),
    ("purchases", PURCHASE | {"lines": []}, "no_lines"),
    ("purchases", PURCHASE | {"status": "paid"}, "unknown_status"),
    ("push-receipts", RECEIPT | {"status": "published"}, "unknown_status"),
    ("context", CONTEXT | {"lat": 91, "lon": 0}, "bad_location"),
    ("context", CONTEXT | {"lat": 0, "lon": -180.5}, "bad_location"),
    ("context", CONTEXT | {"lat": 10}, "bad_location"),
    ("context", CONTEXT | {"lat": 10, "lon": None}, "bad_location"),
    ("context", CONTEXT | {"timezone": "Mars/Olympus"}, "unknown_zone"),
    ("context", CONTEXT | {"timezone": "europe/berlin"}, "unknown_zone"),
    ("push-receipts", RECEIPT | {"status": "rating", "rating": 6}, "bad_rating"),
    ("push-receipts", RECEIPT | {"status": "rating"}, "bad_rating"),
    *((topic, VALID[topic] | {"schema_version": version}, "unknown_schema_version")
      for topic in VALID for version in (0, 2, None, True, "1", 10**30)),
    ("clicks", {"schema_version": 2, "anything": "else"}, "unknown_schema_version"),
]  # fmt: skip


def key_of(value):
    """The key that fits the value, so that only the fault under test is there."""
    named = value.get("user_id") if isinstance(value, dict) else None
    return named.encode() if isinstance(named, str) and named != "u2" else b"u1"


@pytest.mark.parametrize(("topic", "value", "reason"), BAD)
def test_a_bad_record_is_dead_for_one_reason(topic, value, reason):
    batch = run(record(topic, value, key_of(value)))
    assert [letter.reason.value for letter in batch.dead] == [reason]
    assert not len(batch.events) + len(batch.facts) + len(batch.contexts) + len(batch.receipts)
    assert batch.keys == []


def test_every_reason_of_the_vocabulary_is_reached():
    reached = {reason for _, _, reason in BAD} | {"null_key"}
    assert reached == {reason.value for reason in DeadReason}


@pytest.mark.parametrize("topic", VALID)
def test_a_record_without_a_key_is_dead(topic):
    batch = run(record(topic, VALID[topic], key=None))
    assert [letter.reason for letter in batch.dead] == [DeadReason.NULL_KEY]


def test_a_sentence_names_the_field_but_no_value():
    secret = "anna.karenina@example.com"
    for value in (
        click(user_id=secret),
        click(event=secret),
        click(ts=secret),
        click(currency=secret),
        click(quantity=secret),
        click(user_id=secret * 20),
    ):
        (letter,) = (
            run(record("clicks", value, key=secret.encode())).dead
            or run(record("clicks", value)).dead
        )
        assert "anna" not in letter.sentence
        assert letter.sentence


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (click(quantity="x"), "quantity"),
        (without(CLICK, "event"), "event"),
        (order(quantity=0), "lines[0].quantity"),
        (PURCHASE | {"lines": [without(LINE, "item_id")]}, "lines[0].item_id"),
    ],
)
def test_a_sentence_says_where(value, field):
    topic = "purchases" if "lines" in value else "clicks"
    (letter,) = run(record(topic, value)).dead
    assert letter.sentence.startswith(field)


ODD = [
    ("emoji ids", "clicks", click(user_id="👩‍🚀", event_id="🛒", item_id="🫖"), "👩‍🚀"),
    ("right-to-left ids", "clicks", click(user_id="משתמש", item_id="سلعة"), "משתמש"),
    ("an id of 256 bytes", "clicks", click(user_id="é" * 128), "é" * 128),
    ("an id with a NUL", "clicks", click(item_id="a\u0000b"), "u1"),
    ("no item", "clicks", without(CLICK, "item_id"), "u1"),
    ("null for optional fields", "clicks", click(item_id=None, price_minor=None), "u1"),
    ("a huge price", "clicks", click(price_minor=10**30), "u1"),
    ("an offset of a quarter hour", "clicks", click(ts="2026-05-27T10:00:00+05:45"), "u1"),
    ("UTC", "clicks", click(ts="2026-05-27T10:00:00Z"), "u1"),
    ("lower case t and z", "clicks", click(ts="2026-05-27t10:00:00z"), "u1"),
    ("a space", "clicks", click(ts="2026-05-27 10:00:00-03:00"), "u1"),
    ("a fraction", "clicks", click(ts="2026-05-27T10:00:00.123456789Z"), "u1"),
    ("a day ahead", "clicks", click(ts=NOW_MS + DAY_MS), "u1"),
    ("schema version 1", "clicks", click(schema_version=1), "u1"),
    ("unknown fields", "clicks", click(campaign={"a": [1, None, 10**30]}), "u1"),
    ("a repeated name", "clicks", b'{"ts":true,' + json.dumps(CLICK).encode()[1:], "u1"),
    ("spaces and escapes", "clicks", json.dumps(CLICK, indent=4).replace("view", "\\u0076iew")
     .encode(), "u1"),
    ("300 lines", "purchases", PURCHASE | {"lines": [LINE] * 300}, "u1"),
    ("no currency", "purchases", PURCHASE | {"currency": "XXX"}, "u1"),
    ("no news", "context", without(CONTEXT, "device"), "u1"),
    ("whole degrees", "context", CONTEXT | {"lat": 90, "lon": -180}, "u1"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "topic", "value", "user"), ODD, ids=[row[0] for row in ODD])
def test_odd_but_valid_is_accepted(what, topic, value, user):
    batch = run(record(topic, value, key=user.encode()))
    assert batch.dead == []
    assert batch.subscribers == [user]
    assert batch.counts["accepted"] == len(batch.events) == 1


def test_a_repeated_name_takes_its_last_value():
    value = b'{"item_id":"first",' + json.dumps(CLICK).encode()[1:]
    assert run(record("clicks", value)).facts["item"][0] == hash64("i1")


def test_unknown_fields_are_counted_at_every_level():
    batch = run(
        record("clicks", click(a=1, b={"c": 1})),
        record("purchases", PURCHASE | {"lines": [LINE | {"x": 1}, LINE | {"y": [], "z": 0}]}),
        record("context", CONTEXT | {"consent": {"push": True, "sms": False}, "mood": "good"}),
        record("clicks", CLICK),
    )
    assert batch.dead == []
    assert batch.counts["unknown_fields"] == 2 + 3 + 2


def test_a_dead_record_counts_no_unknown_fields():
    assert run(record("clicks", click(event="stare", extra=1))).counts["unknown_fields"] == 0


def test_a_click_becomes_a_fact_and_its_device_news():
    value = click(category_id="c", price_minor=1999, quantity=3, device="Mobile")
    batch = run(record("clicks", value))
    (fact,) = batch.facts
    assert (fact["pos"], fact["user"], fact["ts_ms"], fact["line"]) == (0, 0, NOW_MS, 0)
    assert fact["item"] == hash64("i1")
    assert fact["category"] == hash64("c")
    assert (fact["price_minor"], fact["quantity"], fact["type"]) == (1999, 3, EventType.VIEW)
    (news,) = batch.contexts
    assert (news["field"], news["value"]) == (ContextField.DEVICE, hash64("mobile"))
    assert news["event"] == fact["event"] == batch.events["event"][0]
    assert {batch.names[hash64(text)] for text in ("i1", "c", "mobile")} == {"i1", "c", "mobile"}


def test_what_a_click_does_not_tell_is_not_made_up():
    (fact,) = run(record("clicks", without(CLICK, "item_id"))).facts
    assert (fact["item"], fact["category"], fact["price_minor"], fact["quantity"]) == (0, 0, -1, 1)


def test_a_purchase_is_one_event_and_a_fact_a_line():
    lines = [LINE | {"item_id": f"i{n}"} for n in range(300)]
    lines[1] |= {"quantity": 70_000, "unit_price_minor": 2**40}
    batch = run(record("purchases", PURCHASE | {"status": "returned", "lines": lines}))
    assert len(batch.events) == 1
    assert batch.facts["line"].tolist() == [min(n, 255) for n in range(300)]
    assert set(batch.facts["type"].tolist()) == {EventType.RETURN}
    assert (batch.facts["quantity"][1], batch.facts["price_minor"][1]) == (65_535, 2**31 - 1)


def test_context_tells_absent_from_null():
    value = CONTEXT | {"device": None, "timezone": "Asia/Kathmandu", "locale": ""}
    rows = run(record("context", value)).contexts
    told = dict(zip(rows["field"].tolist(), rows["value"].tolist(), strict=True))
    assert told == {
        ContextField.DEVICE: 0,
        ContextField.TIMEZONE: hash64("Asia/Kathmandu"),
        ContextField.LOCALE: 0,
    }


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ({"push": True}, {ContextField.CONSENT_PUSH: "granted"}),
        ({"push": False, "personalisation": None},
         {ContextField.CONSENT_PUSH: "denied", ContextField.CONSENT_PERSONALISATION: None}),
        ({}, {}),
        (None, {ContextField.CONSENT_PUSH: None, ContextField.CONSENT_PERSONALISATION: None}),
    ],
)  # fmt: skip
def test_consent_is_granted_denied_cleared_or_no_news(consent, expected):
    batch = run(record("context", without(CONTEXT, "device") | {"consent": consent}))
    told = {row["field"]: batch.names.get(int(row["value"])) for row in batch.contexts}
    assert told == expected


def test_a_coordinate_leaves_only_its_cell():
    value = without(CONTEXT, "device") | {"lat": 57.64911, "lon": 10.40744}
    batch = run(record("context", value))
    cell = next(iter(batch.names.values()))
    assert batch.names == {hash64(cell): cell}
    assert cell_middle(cell) == pytest.approx((57.65, 10.41), abs=0.15)
    assert batch.contexts["value"].tolist() == [hash64(cell)]
    assert batch.contexts["field"].tolist() == [ContextField.CELL]


def test_cleared_coordinates_clear_the_cell():
    rows = run(record("context", CONTEXT | {"lat": None, "lon": None})).contexts
    assert rows["value"][rows["field"] == ContextField.CELL].tolist() == [0]


def test_minutes_in_the_app_are_a_fact():
    batch = run(
        record("context", CONTEXT | {"app_minutes": 12.6}),
        record("context", CONTEXT | {"app_minutes": 0.2, "event_id": "c2"}),
        record("context", CONTEXT | {"app_minutes": 1e9, "event_id": "c3"}),
    )
    assert batch.facts["quantity"].tolist() == [13, 65_535]
    assert set(batch.facts["type"].tolist()) == {EventType.APP_MINUTES}


def test_a_receipt_is_a_row_and_opting_out_withdraws_consent():
    batch = run(
        record("push-receipts", RECEIPT | {"status": "rating", "rating": 5}),
        record("push-receipts", RECEIPT | {"status": "opted_out"}),
    )
    number = int(RECEIPT["recommendation_id"].replace("-", ""), 16)
    assert batch.receipts["id_hi"].tolist() == [number >> 64] * 2
    assert batch.receipts["id_lo"].tolist() == [number & (2**64 - 1)] * 2
    assert batch.receipts["status"].tolist() == [PushStatus.RATING, PushStatus.OPTED_OUT]
    (news,) = batch.contexts
    assert (news["pos"], news["field"]) == (1, ContextField.CONSENT_PUSH)
    assert news["value"] == hash64("denied")
    assert (batch.counts["receipts"], batch.counts["consumed"], len(batch.events)) == (2, 0, 0)


def test_a_shop_may_use_its_own_event_names():
    renamed = msgspec.structs.replace(SETTINGS, event_names={"pv": "view", "a2c": "cart"})
    batch = run(
        record("clicks", click(event="pv")),
        record("clicks", click(event="a2c")),
        record("clicks", click(event="fav")),
        settings=renamed,
    )
    assert batch.facts["type"].tolist() == [EventType.VIEW, EventType.CART, EventType.FAV]


def test_topics_may_carry_the_prefix_of_the_deployment():
    prefixed = msgspec.structs.replace(SETTINGS, topic_prefix="shop.")
    with_prefix = run(record("shop.clicks", CLICK), settings=prefixed)
    bare = run(record("clicks", CLICK))
    assert with_prefix.events.tolist() == bare.events.tolist()


def test_a_record_of_another_topic_is_refused_loudly():
    with pytest.raises(ValueError, match="catalog"):
        run(record("catalog", CLICK))


def test_stream_time_is_the_largest_timestamp_so_far_bad_records_and_ticks_included():
    records = [
        record("clicks", CLICK, timestamp_ms=NOW_MS + 5),
        record("clicks", b"bad", timestamp_ms=NOW_MS + 9),
        record("clicks", CLICK, timestamp_ms=NOW_MS),
        record("ticks", {"ts": NOW_MS + 20}, None, timestamp_ms=NOW_MS + 20),
    ]
    batch = run(*records, stream_ms=NOW_MS + 7)
    assert (batch.stream_ms - NOW_MS).tolist() == [7, 9, 9, 20]
    assert batch.counts["ticks"] == 1


def test_a_batch_without_records_is_empty():
    batch = run()
    assert len(batch.stream_ms) == len(batch.events) == len(batch.facts) == 0
    assert set(batch.counts.values()) == {0}


def test_no_user_id_is_in_what_flows_on():
    batch = run(record("clicks", CLICK | {"user_id": "anna"}, b"anna"))
    assert "anna" not in batch.names.values()
    assert all(b"anna" not in key for key in batch.keys)


@pytest.mark.parametrize(
    "value",
    [b"[" * 100_000, b'{"a":' * 100_000, b'"' + b'\\"' * 500_000, b'{"a":"' + b"[" * 900_000],
    ids=["arrays", "objects", "quotes", "brackets in a text"],
)
def test_hostile_nesting_takes_no_time(value):
    started = time.process_time()
    batch = run(record("clicks", value))
    assert len(batch.dead) == 1
    assert time.process_time() - started < 0.5


def test_depth_does_not_depend_on_the_callers_stack():
    value = click(extra=json.loads("[" * 63 + "]" * 63))

    def deeper(levels):
        return deeper(levels - 1) if levels else run(record("clicks", value)).dead

    assert deeper(0) == deeper(600) == []


paths = st.sampled_from(["event_id", "user_id", "ts", "event", "item_id", "lines", "lat", "new"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(paths, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw):
    topic = draw(st.sampled_from(sorted(VALID)))
    value = VALID[topic] | draw(st.dictionaries(paths, json_values, max_size=2))
    raw = bytearray(json.dumps(value).encode())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return topic, bytes(raw)


anything = st.tuples(st.sampled_from(sorted(VALID)), st.none() | st.binary(max_size=40))


@given(st.lists(spoiled() | anything, max_size=6))
@settings(max_examples=100)
def test_whatever_comes_is_accepted_or_dead_and_costs_no_other_record(inputs):
    records = [record(*pair, offset=n) for n, pair in enumerate(inputs)]
    guard = record("clicks", CLICK | {"event_id": "guard"}, offset=99)
    batch = run(*records, guard)
    dead = {letter.record.offset for letter in batch.dead}
    good = set(batch.events["pos"].tolist()) | set(batch.receipts["pos"].tolist())
    assert dead | good == set(range(len(records) + 1))
    assert not dead & good
    assert all(letter.sentence for letter in batch.dead)
    for n, one in enumerate(records):
        alone = run(one)
        assert [letter.reason for letter in alone.dead] == [
            letter.reason for letter in batch.dead if letter.record.offset == n
        ]
        assert alone.facts["item"].tolist() == batch.facts["item"][batch.facts["pos"] == n].tolist()
    counts = batch.counts
    assert counts["consumed"] == counts["accepted"] + counts["dead_letters"]
    assert len(batch.dead) == counts["dead_letters"] + counts["other_dead_letters"]


@given(st.lists(spoiled(), min_size=1, max_size=5))
@settings(max_examples=50)
def test_rows_of_a_batch_are_in_the_order_of_its_records(inputs):
    batch = run(*(record(*pair) for pair in inputs), record("purchases", PURCHASE))
    for rows in (batch.events, batch.facts, batch.contexts, batch.receipts):
        assert (np.diff(rows["pos"]) >= 0).all()
