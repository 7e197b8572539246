from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.due import EVENING_MS, Person, named
from support.publishing import KETTLE, tell

from schemas.catalog import CatalogItem, Offer
from schemas.recommendation import Recommendation
from streams.pipeline.publish.fcm import LIMIT_BYTES, TooLargeError, to_apns, to_fcm
from streams.pipeline.publish.fit import encode_fitting
from streams.settings import Settings

PERSON = Person(timezone="Europe/London", due_ms=EVENING_MS)
TEXT_FIELDS = {
    name for name, kind in Recommendation.__annotations__.items() if str(kind).startswith("str")
} | {"action", "priority", "interruption_level"}


def recommendation(number=KETTLE, **changes):
    told = tell(PERSON, pairs=[(0, number, 0.25, 1.0)], **changes)
    values = [o.value for _, o in told.published.outputs if o.topic == "recommendations"]
    return msgspec.json.decode(values[0], type=Recommendation)


def from_fcm(message):
    fields = {
        name: text if name in TEXT_FIELDS else json.loads(text)
        for name, text in message["data"].items()
    }
    fields["collapse_key"] = message["android"]["collapse_key"]
    fields["priority"] = message["android"]["priority"].lower()
    return msgspec.convert({"image_url": None, "offer": None} | fields, Recommendation)


def from_apns(request):
    aps, fields = request["payload"]["aps"], dict(request["payload"]["kairos"])
    if fields["action"] == "upsert":
        fields |= {
            "thread_id": aps["thread-id"],
            "interruption_level": aps["interruption-level"],
            "relevance_score": aps["relevance-score"],
            "title_loc_key": aps["alert"]["title-loc-key"],
            "title_loc_args": aps["alert"]["title-loc-args"],
        }
    fields["collapse_key"] = request["headers"]["apns-collapse-id"]
    fields["priority"] = {"5": "normal", "10": "high"}[request["headers"]["apns-priority"]]
    return msgspec.convert({"image_url": None, "offer": None} | fields, Recommendation)


def data_bytes(message):
    return sum(len(k.encode()) + len(v.encode()) for k, v in message["data"].items())


@pytest.mark.parametrize("action", ["upsert", "cancel"])
@pytest.mark.parametrize("priority", ["normal", "high"])
def test_nothing_is_lost_on_the_way_to_a_push_service(action, priority):
    record = msgspec.structs.replace(recommendation(), action=action, priority=priority)
    assert from_fcm(to_fcm(record)) == record
    assert from_apns(to_apns(record)) == record


def test_a_message_says_how_long_it_may_wait():
    record = recommendation()
    assert to_fcm(record)["android"]["ttl"] == f"{14 * 3600}s"
    assert to_apns(record)["headers"]["apns-expiration"] == "1774818000"


def test_data_keys_and_values_are_text_and_no_key_is_reserved():
    data = to_fcm(recommendation())["data"]
    assert all(isinstance(value, str) for value in data.values())
    assert not data.keys() & {"from", "message_type", "collapse_key", "notification"}
    assert not any(key.startswith(("google", "gcm")) for key in data)


def test_a_cancel_wakes_the_app_without_a_notification():
    request = to_apns(msgspec.structs.replace(recommendation(), action="cancel"))
    assert request["payload"]["aps"] == {"content-available": 1}
    assert request["headers"]["apns-push-type"] == "background"


def test_what_no_push_service_would_take_is_refused():
    huge = msgspec.structs.replace(recommendation(), title_loc_args=["x" * 5000])
    for mapped in (to_fcm, to_apns):
        with pytest.raises(TooLargeError, match="a push may have 4096"):
            mapped(huge)


PRINTABLE = st.characters(exclude_categories=("C", "Z"))


def ids(most):
    return st.text(PRINTABLE, min_size=1).map(
        lambda t: (t * most).encode()[:most].decode(errors="ignore") or "x"
    )


@given(ids(256), ids(256), ids(9000), ids(1024), ids(1024), ids(4000))
@example('"' * 256, '"' * 256, '"' * 9000, '"' * 1024, "u", "c")
@example("😀" * 64, "😀" * 64, "😀" * 999, "😀" * 256, "😀" * 256, "😀" * 99)
def test_whatever_the_catalogue_holds_a_recommendation_fits(
    item, category, title, link, image, code
):
    known = CatalogItem(
        item_id=item, ts=0, category_id=category, title=title, deep_link=link, image_url=image,
        offer=Offer(kind="discount", until="2030-01-01T00:00:00Z", code=code),
    )  # fmt: skip
    record = recommendation(named(item), item=lambda _, at_ms: known, unseal=lambda *_: item)
    assert data_bytes(to_fcm(record)) <= LIMIT_BYTES
    assert from_fcm(to_fcm(record)) == record
    assert from_apns(to_apns(record)) == record
    assert record.items[0].item_id == item


def test_what_fits_is_left_as_it_is():
    record = recommendation()
    assert encode_fitting(record, Settings()) == msgspec.json.encode(record)


def test_a_picture_goes_before_the_words_do():
    record = msgspec.structs.replace(recommendation(), image_url="x" * 3000)
    kept = msgspec.json.decode(encode_fitting(record, Settings()), type=Recommendation)
    assert kept.image_url is None
    assert kept.title_loc_args == record.title_loc_args
    assert kept.offer == record.offer
