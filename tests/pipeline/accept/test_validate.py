"""Every bad input has its reason; every odd but valid one is accepted."""

from __future__ import annotations

import json

import pytest
from support.inputs import (
    CLICK,
    CONTEXT,
    LINE,
    NOW_MS,
    PURCHASE,
    RECEIPT,
    VALID,
    click,
    order,
    record,
    run,
    without,
)

from schemas.ids import hash64
from schemas.vocabulary import DeadReason

DAY_MS = 86_400_000


LONG = "x" * 10_000


def text(value, old, new):
    """JSON text in which a placeholder becomes what json.dumps would never write."""
    return json.dumps(value).replace(f'"{old}"', new).encode()


PROFILE = {"user_id": "u1", "ts": NOW_MS, "interests": ["tea"], "segments": ["new"]}
REQUIRED = {
    "clicks": ("event_id", "user_id", "event", "ts"),
    "purchases": ("event_id", "user_id", "order_id", "ts", "status", "lines"),
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
    ("clicks", text(click(ts="?"), "?", "NaN"), "wrong_type"),
    ("context", text(CONTEXT | {"consent": {"push": "?"}}, "?", "NaN,"), "not_json"),
    *((topic, without(VALID[topic], field), "missing_field")
      for topic, fields in REQUIRED.items() for field in fields),
    *((topic, VALID[topic] | {field: wrong}, "wrong_type")
      for topic, fields in REQUIRED.items() for field in fields
      for wrong in (None, True, 1.5, {"a": 1}, 7 if field not in ("ts",) else [])),
    ("purchases", order(item_id=7), "wrong_type"),
    ("purchases", PURCHASE | {"lines": [7]}, "wrong_type"),
    ("push-receipts", RECEIPT | {"recommendation_id": "not-a-uuid"}, "wrong_type"),
    ("push-receipts", RECEIPT | {"recommendation_id": "0b8d5a5e3c525d0e9d2a1f6f3c1b2a4d"},
     "wrong_type"),
    ("clicks", click(user_id="u2"), "key_mismatch"),
    ("clicks", click(user_id=""), "empty_id"),
    ("clicks", click(event_id=""), "empty_id"),
    ("purchases", PURCHASE | {"order_id": ""}, "empty_id"),
    ("purchases", order(item_id=""), "empty_id"),
    ("push-receipts", RECEIPT | {"recommendation_id": ""}, "empty_id"),
    ("clicks", click(user_id=LONG), "id_too_long"),
    ("clicks", click(event_id=LONG), "id_too_long"),
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
    ("purchases", order(quantity=0), "bad_quantity"),
    ("purchases", order(quantity=-3), "bad_quantity"),
    ("purchases", order(unit_price_minor=-1), "bad_price"),
    ("purchases", PURCHASE | {"lines": []}, "no_lines"),
    ("purchases", PURCHASE | {"status": "paid"}, "unknown_status"),
    ("push-receipts", RECEIPT | {"status": "published"}, "unknown_status"),
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


PARTLY = [
    ("context", text(CONTEXT | {"lat": "?", "lon": None}, "?", "9" * 400), "not_finite", "lat"),
    ("context", text(CONTEXT | {"lat": "?", "lon": 1.0}, "?", "1e999"), "bad_location", "lat, lon"),
    ("context", text(CONTEXT | {"app_minutes": "?"}, "?", "Infinity"), "bad_quantity", "app_minutes"),
    ("clicks", text(click(price_minor="?"), "?", "NaN"), "wrong_type", "price_minor"),
    ("clicks", click(item_id=7), "wrong_type", "item_id"),
    ("clicks", click(quantity="2"), "wrong_type", "quantity"),
    ("clicks", click(quantity=True), "wrong_type", "quantity"),
    ("context", CONTEXT | {"lat": "52", "lon": None}, "wrong_type", "lat"),
    ("context", CONTEXT | {"consent": True}, "wrong_type", "consent"),
    ("context", CONTEXT | {"consent": [False]}, "wrong_type", "consent"),
    ("context", CONTEXT | {"consent": {"push": "yes"}}, "wrong_type", "consent.push"),
    ("context", CONTEXT | {"consent": {"push": True}, "ts": NOW_MS + 60_001},
     "yes_in_future", "consent.push"),
    ("clicks", click(item_id=""), "empty_id", "item_id"),
    ("clicks", click(category_id=""), "empty_id", "category_id"),
    ("clicks", click(item_id=LONG), "id_too_long", "item_id"),
    ("clicks", click(item_id="é" * 129), "id_too_long", "item_id"),
    ("clicks", click(session_id=LONG), "id_too_long", "session_id"),
    ("clicks", click(device=LONG), "id_too_long", "device"),
    ("purchases", order(category_id=LONG), "id_too_long", "lines[0].category_id"),
    ("context", CONTEXT | {"place": LONG}, "id_too_long", "place"),
    ("clicks", click(quantity=0), "bad_quantity", "quantity"),
    ("context", CONTEXT | {"app_minutes": -1}, "bad_quantity", "app_minutes"),
    ("clicks", click(price_minor=-1), "bad_price", "price_minor"),
    ("clicks", click(currency="EURO"), "unknown_currency", "currency"),
    ("purchases", PURCHASE | {"currency": "QQQ"}, "unknown_currency", "currency"),
    ("clicks", click(price_minor=2**63), "number_too_large", "price_minor"),
    ("clicks", click(quantity=65_536), "number_too_large", "quantity"),
    ("purchases", order(unit_price_minor=10**30), "number_too_large", "lines[0].unit_price_minor"),
    ("purchases", order(quantity=10**30), "number_too_large", "lines[0].quantity"),
    ("purchases", order(unit_price_minor=19.99), "wrong_type", "lines[0].unit_price_minor"),
    ("purchases", PURCHASE | {"lines": [LINE, LINE | {"unit_price_minor": -500}]}, "bad_price",
     "lines[1].unit_price_minor"),
    ("purchases", PURCHASE | {"lines": [LINE, 7]}, "wrong_type", "lines[1]"),
    ("context", CONTEXT | {"app_minutes": 65_536}, "bad_quantity", "app_minutes"),
    ("context", CONTEXT | {"lat": 91, "lon": 0}, "bad_location", "lat, lon"),
    ("context", CONTEXT | {"lat": 0, "lon": -180.5}, "bad_location", "lat, lon"),
    ("context", CONTEXT | {"lat": 10}, "bad_location", "lat, lon"),
    ("context", CONTEXT | {"lat": 10, "lon": None}, "bad_location", "lat, lon"),
    ("context", CONTEXT | {"timezone": "Mars/Olympus"}, "unknown_zone", "timezone"),
    ("context", CONTEXT | {"timezone": "europe/berlin"}, "unknown_zone", "timezone"),
    ("context", CONTEXT | {"timezone": "localtime"}, "unknown_zone", "timezone"),
    ("push-receipts", RECEIPT | {"rating": 6}, "bad_rating", "rating"),
    ("push-receipts", RECEIPT | {"channel": 6}, "wrong_type", "channel"),
    ("profiles", PROFILE | {"interests": ["tea", ""]}, "empty_id", "interests[1]"),
    ("profiles", PROFILE | {"age_band": 7}, "wrong_type", "age_band"),
]  # fmt: skip
PROFILE_PARTS = {"clicks": "facts", "purchases": "facts", "push-receipts": "receipts"}


@pytest.mark.parametrize(("topic", "value", "reason", "field"), PARTLY)
def test_one_bad_field_is_a_letter_of_its_own_and_the_record_is_accepted(
    topic, value, reason, field
):
    batch = run(record(topic, value))
    assert [(letter.reason.value, letter.field) for letter in batch.partial] == [(reason, field)]
    assert batch.dead == []
    assert len(getattr(batch, PROFILE_PARTS.get(topic, "contexts")))
    counts = batch.counts
    assert counts["accepted"] + counts["receipts"] + counts["profiles"] == counts["partial"] == 1
    assert counts["dead_letters"] == counts["other_dead_letters"] == 0


def test_a_number_that_is_none_in_a_field_nobody_knows_costs_nothing():
    for digits in ("-Infinity", "1e999", "NaN"):
        batch = run(record("clicks", text(click(extra="?"), "?", digits)))
        assert (batch.counts["accepted"], batch.counts["unknown_fields"]) == (1, 1)


def test_every_reason_of_the_vocabulary_is_reached():
    of_the_record = {"null_key", "record_ts_impossible", "record_ts_future"}
    reached = {row[2] for row in (*BAD, *PARTLY)} | of_the_record
    reached |= {"internal_error", "user_set_aside", "unread"}  # of tests/pipeline/containment
    reached.add("unknown_command")  # of tests/pipeline/batch/test_commands
    assert reached == {reason.value for reason in DeadReason}


@pytest.mark.parametrize("topic", VALID)
def test_a_record_without_a_key_is_dead(topic):
    batch = run(record(topic, VALID[topic], key=None))
    assert [letter.reason for letter in batch.dead] == [DeadReason.NULL_KEY]


ODD = [
    ("emoji ids", "clicks", click(user_id="👩‍🚀", event_id="🛒", item_id="🫖"), "👩‍🚀"),
    ("right-to-left ids", "clicks", click(user_id="משתמש", item_id="سلعة"), "משתמש"),
    ("an id of 256 bytes", "clicks", click(user_id="é" * 128), "é" * 128),
    ("an id with a NUL", "clicks", click(item_id="a\u0000b"), "u1"),
    ("no item", "clicks", without(CLICK, "item_id"), "u1"),
    ("null for optional fields", "clicks", click(item_id=None, price_minor=None), "u1"),
    ("a weight", "purchases", order(quantity=0.35), "u1"),
    ("a currency in lower case", "purchases", PURCHASE | {"currency": "eur"}, "u1"),
    ("an order without currency", "purchases", without(PURCHASE, "currency"), "u1"),
    ("a line of its item alone", "purchases", PURCHASE | {"lines": [{"item_id": "i1"}]}, "u1"),
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
