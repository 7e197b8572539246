"""Item 2: who allows no personalisation is told what a stranger is told, and hard rules hold all the same."""

from __future__ import annotations

from siblings.day import Day, minute
from siblings.sibling import Kind

IMPERSONAL = Kind()
NO = {"push": True, "personalisation": False}
SILENT = {"pushed": [], "suppressed": ["no_candidates"]}


def _crowd(day: Day, item: str) -> None:
    for n in range(9):
        day.click("view", item, -60 + n, user=f"v{n}")


@IMPERSONAL.right(**SILENT)
def what_is_not_sold_in_the_users_country(day: Day) -> None:
    day.item(regions=["DE"])
    _crowd(day, "kettle")
    day.context(0, consent=NO, country="FR")
    day.cart("kettle", 20)
    day.until(180)


@IMPERSONAL.right(pushed=["kettle"])
def what_is_sold_in_the_users_country(day: Day) -> None:
    day.item(regions=["DE"])
    _crowd(day, "kettle")
    day.context(0, consent=NO, country="de")
    day.cart("kettle", 20)
    day.until(180)


@IMPERSONAL.right(**SILENT | {"suppressed": ["recently_bought"]})
def what_the_user_bought(day: Day) -> None:
    day.item()
    _crowd(day, "kettle")
    day.context(0, consent=NO)
    day.order(["kettle"], 10)
    day.click("fav", "pan", 20)
    day.until(180)


@IMPERSONAL.right(pushed=["kettle"], templates=["kairos.suggestion"])
def what_the_profile_and_a_search_and_a_favourite_ask_for(day: Day) -> None:
    day.item()
    day.item("pan", category_id="pans")
    _crowd(day, "kettle")
    day.context(0, consent=NO)
    day.profile(1, interests=["pans"], segments=["cooks"])
    for n in range(2):
        day.click("view", "pan", 2 + n, category_id="pans")
    day.click("search", None, 10, query="pan", category_id="pans")
    day.click("fav", "pan", 20)
    day.until(30)


@IMPERSONAL.right(pushed=[], settings={"epoch_ms": 600_000})
def a_lower_price_of_what_the_user_looked_at(day: Day) -> None:
    day.item()
    day.context(0, consent=NO)
    day.click("view", "kettle", 10, price_minor=2000, currency="EUR")
    day.item(minutes=40, price_minor=1000)
    for n in range(5, 20):
        day.until(n * 10)


@IMPERSONAL.right(
    pushed=["kettle"], templates=["kairos.price_drop"], settings={"epoch_ms": 600_000}
)
def the_same_price_where_it_is_allowed(day: Day) -> None:
    day.item()
    day.yes(0)
    day.click("view", "kettle", 10, price_minor=2000, currency="EUR")
    day.item(minutes=40, price_minor=1000)
    for n in range(5, 20):
        day.until(n * 10)


@IMPERSONAL.right(pushed=[], suppressed=["no_candidates"], settings={"unknown_items": "allow"})
def what_only_the_user_touched(day: Day) -> None:
    day.context(0, consent=NO)
    day.cart("mystery", 20)
    day.until(180)


@IMPERSONAL.right(pushed=["kettle"], templates=["kairos.cart_left"])
def allowed_again_after_no(day: Day) -> None:
    day.item()
    day.context(0, consent=NO)
    day.context(10, consent={"personalisation": True})
    day.cart("kettle", 20)
    day.until(180)


@IMPERSONAL.right(pushed=["kettle"], templates=["kairos.suggestion"])
def allowed_with_a_time_before_the_no(day: Day) -> None:
    day.item()
    day.context(5, consent=NO)
    told = {"event_id": "z", "user_id": "u1", "ts": minute(4), "consent": {"personalisation": True}}
    day.raw("context", 10, told)
    day.cart("kettle", 20)
    day.until(180)


TIMERS = Kind()


@TIMERS.right(pushed=["kettle"], counts={"debounced": 1, "decided": 1})
def a_second_cart_within_the_pause_is_counted(day: Day) -> None:
    day.item()
    day.item("pan")
    day.yes(0)
    day.cart("kettle", 20)
    day.until(80)
    day.cart("pan", 90)
    day.until(180)


@TIMERS.right(pushed=["kettle"], suppressed=["reason_gone", "reason_gone"])
def emptied_twice_and_then_left(day: Day) -> None:
    """What was gone starts no pause."""
    day.item()
    day.yes(0)
    for at in (10, 100):
        day.cart("kettle", at)
        day.click("remove_cart", "kettle", at + 5)
        day.until(at + 70)
    day.cart("kettle", 200)
    day.until(300)


@TIMERS.right(pushed=[], suppressed=["reason_gone"], settings={"follow_up_ms": 3_600_000})
def a_follow_up_of_what_went_back(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order(["kettle"], 10, order_id="A")
    day.order(["kettle"], 20, order_id="A", status="returned")
    day.until(180)


@TIMERS.right(pushed=[], suppressed=["reason_gone"])
def a_search_after_which_something_was_bought(day: Day) -> None:
    day.item()
    day.yes(0)
    day.click("search", None, 10, query="kettle")
    voucher = {"item_id": "voucher", "unit_price_minor": -1}
    day.lines(30, voucher, {"item_id": "pan", "quantity": "one"})
    day.until(180)


@TIMERS.right(pushed=[], suppressed=["no_consent"])
def a_timer_of_a_user_who_never_answered(day: Day) -> None:
    day.item()
    day.cart("kettle", 20)
    day.until(180)
