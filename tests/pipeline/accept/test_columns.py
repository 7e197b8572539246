"""What each kind of record becomes: facts, news of the context, receipts."""

from __future__ import annotations

import pytest
from support.inputs import (
    CLICK,
    CONTEXT,
    LINE,
    NOW_MS,
    PURCHASE,
    RECEIPT,
    click,
    record,
    run,
    without,
)

from models.features.whereabouts import cell_middle
from schemas.ids import hash64
from schemas.money import currency_number
from schemas.vocabulary import ContextField, EventType, PushStatus
from streams.pipeline.accept.validate import MAX_LINES
from streams.settings import Settings


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
    assert batch.names == {hash64(text): text for text in ("i1", "c")}


def test_what_a_click_does_not_tell_is_not_made_up():
    (fact,) = run(record("clicks", without(CLICK, "item_id"))).facts
    assert (fact["item"], fact["category"], fact["price_minor"], fact["quantity"]) == (0, 0, -1, 1)


def test_a_purchase_is_one_event_and_a_fact_a_line():
    lines = [LINE | {"item_id": f"i{n}"} for n in range(300)]
    lines[1] |= {"quantity": 65_535, "unit_price_minor": 2**63 - 1}
    batch = run(record("purchases", PURCHASE | {"status": "returned", "lines": lines}))
    assert len(batch.events) == 1
    assert batch.facts["line"].tolist() == list(range(300))
    assert set(batch.facts["type"].tolist()) == {EventType.RETURN}
    assert (batch.facts["quantity"][1], batch.facts["price_minor"][1]) == (65_535, 2**63 - 1)


def test_sound_lines_count_beside_a_voucher_a_weight_and_a_currency_in_lower_case():
    voucher = {"item_id": "voucher", "quantity": 1, "unit_price_minor": -500}
    lines = [LINE, voucher, {"item_id": "potatoes", "quantity": 0.35, "unit_price_minor": 199}]
    batch = run(record("purchases", PURCHASE | {"currency": "eur", "lines": lines}))
    assert [letter.field for letter in batch.partial] == ["lines[1].unit_price_minor"]
    assert batch.facts["item"].tolist() == [hash64("i1"), hash64("potatoes")]
    assert batch.facts["quantity"].tolist() == [2, 1]
    assert batch.counts["accepted"] == 1


def test_a_price_that_is_not_told_is_not_known():
    (fact,) = run(record("purchases", PURCHASE | {"lines": [{"item_id": "i1"}]})).facts
    assert (fact["price_minor"], fact["quantity"]) == (-1, 1)


def test_a_fact_says_the_currency_of_its_price():
    (fact,) = run(record("clicks", click(price_minor=1999, currency="eur"))).facts
    (line,) = run(record("purchases", PURCHASE | {"currency": "JPY"})).facts
    assert (fact["currency"], line["currency"]) == tuple(map(currency_number, ("EUR", "JPY")))


@pytest.mark.parametrize(("said", "price"), [("unknown", -1), ("price", 0)])
def test_0_is_a_price_only_where_the_shop_says_so(said, price):
    chosen = Settings(zero_price=said)
    (fact,) = run(record("clicks", click(price_minor=0)), settings=chosen).facts
    assert fact["price_minor"] == price


def test_an_order_of_more_lines_than_can_be_numbered_is_refused():
    lines = [{"item_id": f"i{n}"} for n in range(MAX_LINES)]
    chosen = Settings(max_value_bytes=16_777_216)
    batch = run(record("purchases", PURCHASE | {"lines": lines}), settings=chosen)
    assert batch.facts["line"].tolist() == list(range(MAX_LINES))
    (letter,) = run(record("purchases", PURCHASE | {"lines": [*lines, LINE]}), settings=chosen).dead
    assert letter.reason == "number_too_large"


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
    answers = {hash64("granted"): "granted", hash64("denied"): "denied"}
    told = {row["field"]: answers.get(int(row["value"])) for row in batch.contexts}
    assert told == expected
    assert not batch.names, "nobody reads the text"


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
        record("context", CONTEXT | {"app_minutes": 65_535.0, "event_id": "c3"}),
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


def test_free_text_of_a_locale_is_not_the_text_that_somebody_else_tells_of_an_item():
    told = run(record("context", without(CONTEXT, "device") | {"locale": "free text"}))
    said = run(record("clicks", CLICK | {"item_id": "free text"}))
    (value,) = told.contexts["value"].tolist()
    assert value not in said.names
    assert not told.names
