"""What counts of a catalogue record whose fields are not all sound."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.catalog import CatalogItem
from schemas.tables import SourceRecord
from streams.knowledge.shared import Knowledge
from streams.knowledge.sound_item import sound_item
from streams.pipeline.accept import catalogue_letters
from streams.shared.faults import Fault

T0_MS = 1_781_074_800_000
DAY_MS = 86_400_000


def record(value, key=b"kettle", timestamp_ms=T0_MS):
    raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return SourceRecord("catalog", 0, 7, timestamp_ms, key, raw)


def item(**more):
    return {"item_id": "kettle", "ts": T0_MS} | more


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("price_minor", 19.99, "wrong_type"),
        ("price_minor", -1, "bad_price"),
        ("price_minor", float("nan"), "not_finite"),
        ("weight_g", float("inf"), "not_finite"),
        ("title", 7, "wrong_type"),
        ("category_id", "", "empty_id"),
        ("currency", "x" * 300, "id_too_long"),
        ("seller_rating", 1e300, "number_too_large"),
        ("stores", [{"lat": 99, "lon": 0}], "bad_location"),
        ("stores", [{"lat": "north"}], "wrong_type"),
        ("created_ts", "yesterday", "ts_invalid"),
        ("offer", {"kind": "sale", "until": 5}, "ts_seconds"),
        ("embedding", [1.0] * 5_000, "number_too_large"),
        ("stock_by_warehouse", {"DE": "many"}, "wrong_type"),
    ],
)
def test_sold_out_counts_whatever_else_is_wrong(field, value, reason):
    spoilt = record(item(stock=0) | {field: value})
    found = sound_item(spoilt, True)
    assert json.loads(found.value) == item(stock=0)
    assert [fault.reason for fault in found.faults] == [reason]
    knowledge = Knowledge()
    assert knowledge.apply_catalog(spoilt) is not None
    assert knowledge.catalogue.item(found.version.number, T0_MS).stock == 0
    (letter,) = catalogue_letters(spoilt, "")
    headers = dict(letter.headers)
    assert letter.topic == "dead-letters"
    assert headers["kairos-reason"].decode() == reason
    assert headers["kairos-partial"].decode().startswith(field)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (record(item(), timestamp_ms=T0_MS - DAY_MS - 1), "ts_future"),
        (record(item(ts=1_000)), "ts_seconds"),
        (record(item(ts=T0_MS * 1_000)), "ts_microseconds"),
        (record(item(), timestamp_ms=5), "record_ts_impossible"),
        (record(item(), key=b"mug"), "key_mismatch"),
        (record(item(), key=None), "null_key"),
        (record(item(), key=b"\xff"), "bad_utf8"),
        (record({"item_id": "kettle"}), "missing_field"),
        (record(item(schema_version=2)), "unknown_schema_version"),
        (record(b"{"), "not_json"),
        (record(b"[]"), "not_object"),
        (record(b'{"item_id": "\xff"}'), "bad_utf8"),
        (record(b"[" * 200_000), "nested_too_deep"),
    ],
)
def test_without_identity_time_or_shape_nothing_counts(told, reason):
    with pytest.raises(Fault) as caught:
        sound_item(told, True)
    assert caught.value.reason == reason
    knowledge = Knowledge()
    assert knowledge.apply_catalog(told)
    assert len(knowledge.catalogue) == 0
    (letter,) = catalogue_letters(told, "")
    assert dict(letter.headers)["kairos-reason"].decode() == reason
    assert "kairos-partial" not in dict(letter.headers)


@pytest.mark.parametrize(
    ("regions", "left"), [(["DE", 7], ["DE"]), ("DE", []), ([7], []), ({"DE": 1}, [])]
)
def test_where_it_is_sold_is_never_guessed_to_be_everywhere(regions, left):
    assert json.loads(sound_item(record(item(regions=regions)), True).value)["regions"] == left


@pytest.mark.parametrize("told", [record(item(stock=1)), record(None)])
def test_a_sound_record_counts_as_it_is(told):
    assert sound_item(told, True).value == told.value
    assert catalogue_letters(told, "") == []


FREE = sorted({*CatalogItem.__struct_fields__} - {"item_id", "ts", "stock", "schema_version"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(FREE), JSON))
@settings(max_examples=examples(200))
def test_nothing_in_other_fields_hides_that_it_is_sold_out(spoilt):
    told = record(item(stock=0) | spoilt)
    found = sound_item(told, True)
    assert not found.version.on_offer
    assert len(catalogue_letters(told, "")) == min(len(found.faults), 8)
