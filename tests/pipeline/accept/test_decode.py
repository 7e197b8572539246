"""The strict way is a short cut: the patient one gives the same."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.inputs import VALID, record

from schemas.events import Click, Consent, Context, Purchase, PurchaseLine
from streams.pipeline.accept import decode
from streams.pipeline.accept.decode import _decode_patiently
from streams.pipeline.accept.shapes import SHAPES
from streams.shared.faults import Fault

texts = st.text(max_size=6)
numbers = st.integers(-(2**70), 2**70)
options = st.none() | texts
told = st.just(msgspec.UNSET) | options
coordinate = st.just(msgspec.UNSET) | st.none() | st.floats(allow_nan=False, allow_infinity=False)
answer = st.just(msgspec.UNSET) | st.none() | st.booleans()

clicks = st.builds(
    Click, event_id=texts, user_id=texts, event=texts, ts=texts | numbers, item_id=options,
    query=options, quantity=st.none() | numbers, price_minor=st.none() | numbers,
    schema_version=numbers,
)  # fmt: skip
lines = st.builds(PurchaseLine, item_id=texts, quantity=numbers, unit_price_minor=numbers)
purchases = st.builds(
    Purchase, event_id=texts, user_id=texts, order_id=texts, ts=numbers, status=texts,
    lines=st.lists(lines, max_size=3), currency=texts,
)  # fmt: skip
contexts = st.builds(
    Context, event_id=texts, user_id=texts, ts=numbers, device=told, place=told, lat=coordinate,
    app_minutes=coordinate, consent=st.just(msgspec.UNSET) | st.none()
    | st.builds(Consent, push=answer, personalisation=answer),
)  # fmt: skip
events = (
    clicks.map(lambda value: ("clicks", value))
    | purchases.map(lambda value: ("purchases", value))
    | contexts.map(lambda value: ("context", value))
)


@given(events)
@settings(max_examples=examples(100))
def test_the_short_way_takes_what_the_patient_one_finds_sound_and_nothing_else(event):
    topic, struct = event
    value = msgspec.json.encode(struct)
    shape = SHAPES[topic]
    patient, unknown = _decode_patiently(value, shape)
    assert msgspec.json.encode(patient) == value
    assert unknown == 0
    try:
        quick = shape.strict.decode(value)
    except msgspec.ValidationError:
        assert not is_sound(shape, patient)
    else:
        assert is_sound(shape, patient)
        assert msgspec.json.encode(quick) == value


def is_sound(shape, struct):
    try:
        shape.check(struct)
    except Fault:
        return False
    return True


@given(events, st.dictionaries(texts.map("x_{}".format), st.none() | texts, max_size=4))
@settings(max_examples=examples(100))
def test_unknown_fields_change_nothing_but_their_count(event, more):
    topic, struct = event
    fields = msgspec.json.decode(msgspec.json.encode(struct))
    value = msgspec.json.encode(more | fields)
    found, unknown = _decode_patiently(value, SHAPES[topic])
    assert msgspec.json.encode(found) == msgspec.json.encode(struct)
    assert unknown == len(more)


@pytest.mark.parametrize("topic", VALID)
def test_a_valid_record_takes_the_short_way(topic):
    value = record(topic, VALID[topic]).value
    shape = SHAPES[topic]
    assert shape.strict.decode(value) == decode(record(topic, value), shape, 10_000)[0]
