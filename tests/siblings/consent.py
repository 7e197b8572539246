"""Item 2: whatever can be read as a "no" counts from its arrival; a "yes" only where it is sound and later."""

from __future__ import annotations

import codecs
import json
from typing import Any

from siblings.day import UNKNOWN_PUSH, USER, Day, minute
from siblings.sibling import Kind

CONSENT = Kind()
DAY = 1440
NO: dict[str, Any] = {"pushed": [], "suppressed": ["no_consent"]}


def _yes_then_cart(day: Day) -> None:
    """A cart at minute 20, asked about at 80; what is told in between decides."""
    day.item()
    day.yes(0)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO, letters=["push-receipts bad_rating rating"])
def no_in_a_receipt_with_a_rating_of_9(day: Day) -> None:
    _yes_then_cart(day)
    day.receipt(5, "delivered", UNKNOWN_PUSH, rating=9, consent={"push": False})


@CONSENT.right(**NO, letters=["push-receipts wrong_type -"])
def no_in_a_receipt_for_what_is_no_uuid(day: Day) -> None:
    _yes_then_cart(day)
    day.receipt(5, "delivered", "push-17", consent={"push": "No "})


@CONSENT.right(**NO, letters=["push-receipts unknown_status -"])
def unsubscribed_in_capitals_is_a_receipts_no(day: Day) -> None:
    _yes_then_cart(day)
    day.receipt(5, "UNSUBSCRIBED", UNKNOWN_PUSH)


@CONSENT.right(**NO)
def opted_out_in_a_receipt_without_a_recommendation(day: Day) -> None:
    _yes_then_cart(day)
    day.raw("push-receipts", 5, {"user_id": USER, "ts": minute(5), "status": "opted_out"})


@CONSENT.right(**NO, letters=["push-receipts wrong_type consent.push"])
def an_unknown_word_takes_nothing_from_a_status_that_opts_out(day: Day) -> None:
    _yes_then_cart(day)
    day.receipt(5, "opted_out", UNKNOWN_PUSH, consent={"push": "perhaps"})


@CONSENT.right(**NO, letters=["profiles wrong_type age_band"])
def denied_in_a_profile_of_the_wrong_age(day: Day) -> None:
    _yes_then_cart(day)
    day.profile(5, age_band=1875, birth_year="not told", consent={"push": "DENIED"})


@CONSENT.right(**NO, letters=["profiles wrong_type interests[0]"])
def no_in_a_profile_with_an_interest_that_is_a_number(day: Day) -> None:
    _yes_then_cart(day)
    day.profile(5, interests=[7, "kitchen"], consent={"push": 0})


@CONSENT.right(**NO)
def no_in_a_profile_whose_interests_are_no_list(day: Day) -> None:
    _yes_then_cart(day)
    day.profile(5, interests="kitchen", consent={"push": False})


@CONSENT.right(**NO, letters=[])
def a_decimal_zero_is_a_no(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": 0.0})


@CONSENT.right(**NO, letters=[])
def a_negative_zero_is_a_no(day: Day) -> None:
    _yes_then_cart(day)
    told = b'{"event_id":"z","user_id":"u1","ts":%d,"consent":{"push":-0.0}}' % minute(5)
    day.raw("context", 5, told)


@CONSENT.right(**NO, letters=[])
def a_word_with_blanks_and_capitals_is_a_no(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": "  Opted_Out\n"})


@CONSENT.right(**NO, letters=[])
def one_word_instead_of_the_object_is_a_no(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent="revoked")


@CONSENT.right(**NO, letters=["context bad_location lat, lon"])
def no_beside_a_latitude_alone(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, lat=52.5, consent={"push": False})


@CONSENT.right(**NO, letters=["context bad_location lat, lon"])
def no_beside_a_latitude_that_is_no_number(day: Day) -> None:
    _yes_then_cart(day)
    told = b'{"event_id":"z","user_id":"u1","ts":%d,"lat":NaN,"lon":8.5,"consent":{"push":"no"}}'
    day.raw("context", 5, told % minute(5))


@CONSENT.right(**NO, letters=["context ts_seconds -"])
def no_with_a_time_in_seconds(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": minute(5) // 1000, "consent": {"push": False}}
    day.raw("context", 5, body)


@CONSENT.right(**NO, letters=["context ts_future -"])
def no_with_a_time_of_next_year(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": "2027-06-10T10:00:00Z", "consent": False}
    day.raw("context", 5, body)


@CONSENT.right(**NO, letters=["context missing_field -"])
def no_without_an_event_id(day: Day) -> None:
    _yes_then_cart(day)
    day.raw("context", 5, {"user_id": USER, "ts": minute(5), "consent": {"push": False}})


@CONSENT.right(**NO, letters=["context unknown_schema_version -"])
def no_of_another_schema(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, schema_version=2, consent={"push": False})


@CONSENT.right(**NO, letters=["context not_json -"])
def no_behind_a_byte_order_mark(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": minute(5), "consent": {"push": False}}
    day.raw("context", 5, codecs.BOM_UTF8 + json.dumps(body).encode())


@CONSENT.right(**NO)
def no_in_bytes_of_latin_1(day: Day) -> None:
    _yes_then_cart(day)
    told = '{"event_id":"z","user_id":"u1","ts":%d,"place":"café","consent":{"push":false}}'
    day.raw("context", 5, (told % minute(5)).encode("latin-1"))


@CONSENT.right(suppressed=["no_consent"], letters=["context wrong_type -"])
def no_in_a_record_whose_user_is_a_number(day: Day) -> None:
    """Key and user_id agree: both say 42, one of them without quotes."""
    day.item()
    for minutes, user, answer in ((0, "42", True), (5, 42, False)):
        body = {"event_id": f"c{minutes}", "user_id": user, "ts": minute(minutes)}
        day.raw("context", minutes, body | {"consent": {"push": answer}}, key="42")
    day.log.click("42", "cart", "kettle", minute(20))
    day.until(180)


@CONSENT.right(pushed=["kettle"], letters=["context key_mismatch -"])
def no_of_somebody_else_under_this_key_does_not_count(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": "u2", "ts": minute(5), "consent": {"push": False}}
    day.raw("context", 5, body)


@CONSENT.right(**NO)
def no_that_comes_ten_days_late(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": minute(5 - 10 * DAY), "consent": False}
    day.raw("context", 5, body)


@CONSENT.right(**NO, letters=["context unknown_zone timezone"])
def no_that_comes_late_and_with_a_bad_zone(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": minute(5 - 10 * DAY), "timezone": "MEZ+1"}
    day.raw("context", 5, body | {"consent": {"push": "off"}})


@CONSENT.right(**NO, letters=["context yes_in_future consent.push"])
def yes_of_tomorrow_is_none(day: Day) -> None:
    day.item()
    body = {"event_id": "z", "user_id": USER, "ts": minute(600), "consent": {"push": True}}
    day.raw("context", 0, body)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(pushed=["kettle"], letters=[])
def yes_of_a_minute_ahead_counts(day: Day) -> None:
    day.item()
    body = {"event_id": "z", "user_id": USER, "ts": minute(1), "consent": {"push": True}}
    day.raw("context", 0, body)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO)
def yes_of_before_the_no_that_arrives_after_it(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": False})
    body = {"event_id": "z", "user_id": USER, "ts": minute(4), "consent": {"push": True}}
    day.raw("context", 10, body)


@CONSENT.right(**NO)
def yes_and_no_of_the_same_millisecond(day: Day) -> None:
    day.item()
    day.context(0, consent={"push": False})
    day.yes(0)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO)
def yes_and_no_of_the_same_millisecond_on_two_topics(day: Day) -> None:
    day.item()
    day.yes(0)
    day.profile(0, consent={"push": False})
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(pushed=["kettle"])
def no_that_is_delivered_again_after_a_yes_is_no_new_one(day: Day) -> None:
    day.item()
    day.context(0, event_id="same", consent={"push": False})
    day.yes(5)
    body = {"event_id": "same", "user_id": USER, "ts": minute(0), "consent": {"push": False}}
    day.raw("context", 10, body)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO)
def no_under_the_event_id_of_something_else(day: Day) -> None:
    """It is no redelivered "no": its id was one of a report about the device."""
    _yes_then_cart(day)
    day.context(3, event_id="again", device="mobile")
    day.context(5, event_id="again", consent={"push": False})


@CONSENT.right(pushed=["kettle"])
def a_profile_that_is_exported_again_after_a_yes(day: Day) -> None:
    day.item()
    told = {"user_id": USER, "ts": minute(-60), "consent": {"push": False}}
    day.raw("profiles", -60, told)
    day.yes(0)
    day.raw("profiles", 10, told)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(pushed=["kettle"], letters=["push-receipts wrong_type -"] * 2)
def a_refused_receipt_that_is_delivered_again_after_a_yes(day: Day) -> None:
    day.item()
    told = {"user_id": USER, "ts": minute(-60), "recommendation_id": 7, "status": "opted_out"}
    day.raw("push-receipts", -60, told)
    day.yes(0)
    day.raw("push-receipts", 10, told)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO)
def a_profile_that_says_no_at_the_time_of_one_that_said_yes(day: Day) -> None:
    day.item()
    day.profile(0, consent={"push": True})
    day.raw("profiles", 5, {"user_id": USER, "ts": minute(0), "consent": {"push": "off"}})
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO)
def a_yes_that_is_delivered_again_after_a_no(day: Day) -> None:
    day.item()
    day.context(0, event_id="yes", consent={"push": True})
    day.context(5, consent={"push": False})
    told = {"event_id": "yes", "user_id": USER, "ts": minute(0), "consent": {"push": True}}
    day.raw("context", 10, told)
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(**NO, settings={"consent_default": "granted"})
def null_after_a_no_stays_a_no_where_silence_is_a_yes(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": False})
    day.context(6, consent=None)
    day.profile(7, consent={"push": None})


@CONSENT.right(**NO)
def null_ends_a_yes_where_silence_is_a_no(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": None})


@CONSENT.right(**NO, letters=["context wrong_type consent.push"])
def the_word_true_is_no_yes(day: Day) -> None:
    day.item()
    day.context(0, consent={"push": "true"})
    day.cart("kettle", 20)
    day.until(180)


@CONSENT.right(pushed=["kettle"], letters=["context wrong_type consent.push"])
def an_unknown_word_is_no_no(day: Day) -> None:
    _yes_then_cart(day)
    day.context(5, consent={"push": "later"})


@CONSENT.right(pushed=["kettle"], cancelled=["consent_withdrawn"])
def a_late_no_takes_back_what_is_out(day: Day) -> None:
    _yes_then_cart(day)
    body = {"event_id": "z", "user_id": USER, "ts": minute(5 - 10 * DAY), "consent": False}
    day.raw("context", 81, body)


@CONSENT.right(pushed=["kettle"], cancelled=["consent_withdrawn"])
def a_no_in_a_refused_record_takes_back_what_is_out(day: Day) -> None:
    _yes_then_cart(day)
    day.until(80)
    day.raw("context", 81, {"user_id": USER, "consent": "unsubscribed"})


@CONSENT.right(pushed=["kettle"], cancelled=["consent_withdrawn"])
def a_no_in_a_receipt_takes_back_what_lies_in_the_tray(day: Day) -> None:
    _yes_then_cart(day)
    day.receipt(100, "delivered")
    day.receipt(110, "opted_out")


@CONSENT.right(pushed=["pan"])
def personalisation_denied_then_allowed_again(day: Day) -> None:
    day.item("pan")
    day.item("kettle")
    day.yes(0)
    day.context(5, consent={"personalisation": "revoked"})
    day.context(10, consent={"personalisation": True})
    day.cart("pan", 20)
    day.until(180)


@CONSENT.right(templates=["kairos.suggestion"], codes=["new_arrival", "personalisation_denied"])
def personalisation_denied_in_a_receipt_with_a_bad_rating(day: Day) -> None:
    """What is new is so for everybody; of the cart nothing is said."""
    _yes_then_cart(day)
    day.receipt(5, "delivered", UNKNOWN_PUSH, rating=0, consent={"personalisation": "No"})
