"""Items 4, 5 and 13: what is out stays under watch, and receipts are sets of facts of any device and order."""

from __future__ import annotations

from siblings.day import UNKNOWN_PUSH, Day, minute
from siblings.sibling import Kind

RECEIPTS = Kind()
WATCH = Kind()
ONE_A_DAY = {"cap_per_day": 1, "send_time": "now"}
NOW = {"send_time": "now"}
TWICE = {"pushed": ["kettle", "pan"]}
CAPPED = {"pushed": ["kettle"], "suppressed": ["cap_reached"]}


def _kettle_then_pan(day: Day, second: float = 200) -> None:
    """A push about the kettle at minute 60, and a favourite that asks for another one later."""
    day.item("kettle")
    day.yes(0)
    day.cart("kettle", 0)
    day.item("pan", 100)
    day.until(60)
    day.click("fav", "pan", second)
    day.until(second + 60)


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def opened_on_the_tablet_before_it_was_sent_to_the_phone(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "opened", device_id="tablet")
    day.receipt(75, "sent", device_id="phone")
    day.receipt(76, "failed", device_id="phone")


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def expired_on_one_device_and_then_delivered_to_another(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "expired", device_id="phone")
    day.receipt(80, "delivered", device_id="tablet")


@RECEIPTS.right(**TWICE, settings=ONE_A_DAY)
def failed_and_skipped_on_all_devices_frees_the_cap(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "sent", device_id="phone")
    day.receipt(71, "failed", device_id="phone")
    day.receipt(72, "skipped", device_id="tablet")


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def delivered_comes_after_its_cancel(day: Day) -> None:
    """A cancel that came too late: the tray had it, so it counts."""
    _kettle_then_pan(day)
    day.order(["kettle"], 65)
    day.receipt(70, "delivered", ts=minute(64))


@RECEIPTS.right(**TWICE, cancelled=["bought"], settings=ONE_A_DAY)
def a_cancel_in_time_frees_the_cap(day: Day) -> None:
    _kettle_then_pan(day)
    day.order(["kettle"], 65)


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def delivered_twice_counts_once(day: Day) -> None:
    _kettle_then_pan(day)
    for minutes in (70, 71, 72):
        day.receipt(minutes, "delivered", device_id="phone")


@RECEIPTS.right(**TWICE, settings={"cap_per_day": 2, "send_time": "now"})
def two_devices_do_not_fill_a_cap_of_two(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "delivered", device_id="phone")
    day.receipt(90, "opened", device_id="tablet")


@RECEIPTS.right(pushed=["kettle"], suppressed=["min_gap"], settings=NOW)
def the_gap_runs_from_the_latest_showing(day: Day) -> None:
    _kettle_then_pan(day, 215)
    day.receipt(61, "delivered", device_id="phone")
    day.receipt(210, "delivered", device_id="tablet")


@RECEIPTS.right(pushed=["kettle"], suppressed=["min_gap"], settings=NOW)
def showings_that_arrive_in_reverse_order(day: Day) -> None:
    _kettle_then_pan(day, 215)
    day.receipt(211, "delivered", device_id="tablet", ts=minute(210))
    day.receipt(212, "delivered", device_id="phone", ts=minute(61))


@RECEIPTS.right(**TWICE, settings=NOW)
def an_hour_after_the_latest_showing(day: Day) -> None:
    _kettle_then_pan(day, 271)
    day.receipt(211, "delivered", device_id="tablet", ts=minute(210))
    day.receipt(212, "delivered", device_id="phone", ts=minute(61))


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def a_receipt_that_comes_before_its_push(day: Day) -> None:
    _kettle_then_pan(day)
    push = day.first_push()
    day.receipt(30, "delivered", push, ts=minute(61))
    day.receipt(70, "failed", push)


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def an_id_in_capitals(day: Day) -> None:
    _kettle_then_pan(day)
    push = day.first_push().upper()
    day.receipt(70, "failed", push, device_id="phone")
    day.receipt(71, "delivered", push, device_id="tablet")


@RECEIPTS.right(**CAPPED, letters=["push-receipts wrong_type device_id"], settings=ONE_A_DAY)
def a_device_that_is_a_number(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "failed", device_id="phone")
    day.receipt(71, "delivered", device_id=17)


@RECEIPTS.right(**CAPPED, letters=["push-receipts wrong_type revision"], settings=ONE_A_DAY)
def a_revision_as_text(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "failed")
    day.receipt(71, "delivered", revision="0")


@RECEIPTS.right(**CAPPED, letters=["push-receipts number_too_large revision"], settings=ONE_A_DAY)
def a_revision_below_0(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "failed")
    day.receipt(71, "opened", revision=-1)


@RECEIPTS.right(**CAPPED, letters=["push-receipts bad_rating rating"], settings=ONE_A_DAY)
def opened_with_no_stars(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "failed")
    day.receipt(71, "opened", rating=0)


@RECEIPTS.right(**CAPPED, letters=["push-receipts wrong_type channel"], settings=ONE_A_DAY)
def delivered_over_a_channel_that_is_a_number(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "failed")
    day.receipt(71, "delivered", channel=2)


@RECEIPTS.right(counts={"receipts_without_push": 1})
def a_receipt_that_fits_no_push(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "delivered", UNKNOWN_PUSH)


@RECEIPTS.right(**CAPPED, settings=ONE_A_DAY)
def converted_without_any_other_receipt_but_expired(day: Day) -> None:
    _kettle_then_pan(day)
    day.receipt(70, "expired")
    day.receipt(71, "converted")


@RECEIPTS.right(**TWICE, letters=["push-receipts ts_future -"], settings=ONE_A_DAY)
def delivered_next_year_on_a_wrong_clock(day: Day) -> None:
    """Refused whole; that the phone failed is what is known."""
    _kettle_then_pan(day)
    day.receipt(70, "failed")
    day.receipt(71, "delivered", ts="2027-06-10T10:00:00Z")


def _bought_at(day: Day, minutes: float) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    day.order(["kettle"], minutes)
    day.until(minutes + 1)


@WATCH.right(pushed=["kettle"], cancelled=["bought"])
def bought_after_it_was_delivered(day: Day) -> None:
    _bought_at(day, 100)
    day.receipt(90, "delivered")


@WATCH.right(pushed=["kettle"], cancelled=["bought"])
def delivered_and_bought_in_the_same_millisecond(day: Day) -> None:
    _bought_at(day, 100)
    day.receipt(100, "delivered")


@WATCH.right(pushed=["kettle"], cancelled=[])
def bought_after_it_was_opened_on_one_of_two_devices(day: Day) -> None:
    _bought_at(day, 100)
    day.receipt(90, "opened", device_id="phone")
    day.receipt(95, "delivered", device_id="tablet")


@WATCH.right(pushed=["kettle"], cancelled=["bought"])
def bought_twice_is_one_cancel(day: Day) -> None:
    _bought_at(day, 100)
    day.order(["kettle"], 101)
    day.click("remove_cart", "kettle", 102)
    day.context(103, consent={"push": False})
    day.until(110)


@WATCH.right(pushed=["kettle"], cancelled=["bought"])
def bought_beside_a_voucher(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    voucher = {"item_id": "voucher", "quantity": 1, "unit_price_minor": -500}
    day.lines(100, voucher, {"item_id": "kettle", "quantity": "two"}, currency=" eur")


@WATCH.right(pushed=["kettle"], cancelled=["cart_emptied"])
def taken_out_of_the_cart_after_it_was_sent(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    day.receipt(70, "sent")
    day.click("remove_cart", "kettle", 80)


@WATCH.right(pushed=["kettle"], cancelled=[])
def the_order_of_another_item(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    day.order(["pan"], 100)
    day.until(110)


@WATCH.right(pushed=["kettle"], cancelled=[])
def bought_after_it_expired(day: Day) -> None:
    _bought_at(day, 60 + 1440 + 60)


@WATCH.right(pushed=["kettle"], cancelled=[], moved=0, letters=["context unknown_zone timezone"])
def a_zone_that_is_none_moves_nothing(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    day.context(61, timezone="Mars/Olympus")
    day.until(70)


@WATCH.right(pushed=["kettle"], cancelled=[], moved=1, settings=NOW)
def another_zone_at_night_moves_what_waits(day: Day) -> None:
    """In Sydney it is nine in the evening: the slot reaches into quiet hours."""
    day.item()
    day.yes(0)
    day.cart("kettle", 0)
    day.until(60)
    day.context(61, timezone="Australia/Sydney", lat=-33.9)
    day.until(62)


@WATCH.right(pushed=["kettle"], cancelled=[], moved=0, settings=NOW)
def another_zone_after_it_was_sent_moves_nothing(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 180)
    day.until(240)
    day.receipt(241, "sent")
    day.context(242, timezone="Australia/Sydney")
    day.until(250)


SHADOW = Kind()


@SHADOW.right(
    pushed=[], suppressed=["shadow", "cap_reached"], settings=ONE_A_DAY | {"publish": "shadow"}
)
def shadow_fills_its_cap(day: Day) -> None:
    _kettle_then_pan(day)


@SHADOW.right(
    pushed=[],
    suppressed=["shadow", "shadow"],
    cap_used=[0, 1],
    settings=NOW | {"publish": "shadow"},
)
def shadow_counts_what_it_would_have_sent(day: Day) -> None:
    _kettle_then_pan(day)


@SHADOW.right(
    pushed=[], suppressed=["shadow", "shadow"], settings=ONE_A_DAY | {"publish": "shadow"}
)
def shadow_takes_back_what_was_bought(day: Day) -> None:
    _kettle_then_pan(day)
    day.order(["kettle"], 65)
