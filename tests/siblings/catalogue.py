"""Items 1, 6, 7, 9 and 11: what the catalogue says holds from its time, and words fit the item."""

from __future__ import annotations

from typing import Any

from siblings.day import Day, minute
from siblings.sibling import Kind

SOLD_OUT = Kind()
NOTHING: dict[str, Any] = {"pushed": [], "suppressed": ["no_candidates"]}


def _cart(day: Day) -> None:
    day.yes(0)
    day.cart("kettle", 20)
    day.until(180)


def _sold_out(day: Day, **bad: Any) -> None:
    """In stock two hours before; sold out since minute 10, in a record with something bad in it."""
    day.item()
    day.item(minutes=10, **{"stock": 0} | bad)
    _cart(day)


@SOLD_OUT.right(**NOTHING, letters=["catalog bad_price price_minor"])
def sold_out_at_a_price_below_0(day: Day) -> None:
    _sold_out(day, price_minor=-1)


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type title"])
def sold_out_without_a_readable_title(day: Day) -> None:
    _sold_out(day, title=["Kettle", "Wasserkocher"])


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type embedding[0]"])
def sold_out_with_an_embedding_of_texts(day: Day) -> None:
    _sold_out(day, embedding=["0.1", "0.2"])


@SOLD_OUT.right(**NOTHING, letters=["catalog not_finite seller_rating"])
def sold_out_with_a_rating_that_is_no_number(day: Day) -> None:
    _sold_out(day, seller_rating=float("nan"))


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type offer", "catalog wrong_type stores"])
def sold_out_with_two_bad_fields(day: Day) -> None:
    _sold_out(day, offer="half price", stores={"lat": 1})


@SOLD_OUT.right(**NOTHING, letters=["catalog ts_invalid offer.until"])
def sold_out_with_an_offer_without_end(day: Day) -> None:
    _sold_out(day, offer={"kind": "sale", "until": "soon"})


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type regions"])
def sold_out_with_a_country_for_countries(day: Day) -> None:
    _sold_out(day, regions="DE")


@SOLD_OUT.right(**NOTHING, letters=[])
def sold_out_below_0(day: Day) -> None:
    _sold_out(day, stock=-3)


@SOLD_OUT.right(**NOTHING, letters=[])
def sold_out_as_a_decimal(day: Day) -> None:
    _sold_out(day, stock=0.0)


@SOLD_OUT.right(**NOTHING, letters=["catalog bad_price price_minor"])
def sold_out_at_a_price_of_five_thousand_digits(day: Day) -> None:
    day.item()
    price = b"9" * 5000
    day.raw(
        "catalog",
        10,
        b'{"item_id":"kettle","ts":%d,"stock":0,"price_minor":%s}' % (minute(10), price),
        "kettle",
    )
    _cart(day)


@SOLD_OUT.right(**NOTHING, letters=[])
def sold_out_in_every_warehouse_in_decimals(day: Day) -> None:
    _sold_out(day, stock=None, stock_by_warehouse={"DE-1": 0.0, "AT-1": -0.0})


@SOLD_OUT.right(pushed=["kettle"], prices=[1500], letters=[])
def a_price_and_a_time_in_decimals(day: Day) -> None:
    day.item()
    day.item(minutes=10, price_minor=1500.0, ts=float(minute(10)))
    _cart(day)


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type price_minor"])
def sold_out_in_every_warehouse(day: Day) -> None:
    _sold_out(day, stock=None, stock_by_warehouse={"DE-1": 0, "AT-1": 0}, price_minor="20")


@SOLD_OUT.right(**NOTHING, letters=["catalog wrong_type stock_by_warehouse"])
def sold_out_beside_warehouses_that_are_a_list(day: Day) -> None:
    _sold_out(day, stock_by_warehouse=[0, 0])


@SOLD_OUT.right(**NOTHING, letters=["catalog bad_price price_minor"])
def withdrawn_after_a_bad_price(day: Day) -> None:
    day.item()
    day.item(minutes=5, price_minor=-1)
    day.withdraw("kettle", 10)
    _cart(day)


@SOLD_OUT.right(**NOTHING)
def withdrawn_before_anybody_clicked(day: Day) -> None:
    day.item()
    day.withdraw("kettle", -60)
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], letters=["catalog null_key -"])
def a_record_without_a_value_and_without_an_item(day: Day) -> None:
    day.item()
    day.log.add("catalog", None, None, minute(10))
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], prices=[2000], letters=["catalog ts_future -"])
def a_version_of_next_week_does_not_count(day: Day) -> None:
    day.item()
    day.item(minutes=10, stock=0, price_minor=1, ts=minute(7 * 1440))
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], prices=[1500], letters=[])
def a_version_of_this_evening_counts(day: Day) -> None:
    day.item()
    day.item(minutes=10, price_minor=1500, ts=minute(600))
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], prices=[2000], letters=[])
def an_older_version_that_arrives_later_does_not_count(day: Day) -> None:
    day.item()
    day.item(minutes=10, stock=0, price_minor=1, ts=minute(-200))
    _cart(day)


@SOLD_OUT.right(**NOTHING, letters=["catalog ts_seconds -"])
def a_shop_whose_only_record_has_seconds(day: Day) -> None:
    """The other item is what the catalogue knows, and an unknown one is refused once it knows any."""
    day.item("pan", stock=0)
    day.item(ts=minute(-120) // 1000)
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], prices=[None], letters=["catalog wrong_type price_minor"])
def a_price_that_is_not_known_is_not_said(day: Day) -> None:
    day.item()
    day.item(minutes=10, price_minor=19.99)
    _cart(day)


@SOLD_OUT.right(pushed=["kettle"], letters=["catalog key_mismatch -"])
def sold_out_under_the_key_of_another(day: Day) -> None:
    day.item()
    body = {"item_id": "kettle", "ts": minute(10), "stock": 0}
    day.raw("catalog", 10, body, key="pan")
    _cart(day)


TIME = Kind()


@TIME.right(pushed=["kettle"], prices=[2000])
def the_catalogue_comes_after_the_click_and_before_the_decision(day: Day) -> None:
    day.item(minutes=50)
    _cart(day)


@TIME.right(**NOTHING)
def the_item_comes_after_the_decision(day: Day) -> None:
    day.item("pan", stock=0)
    day.item(minutes=90)
    _cart(day)
    day.until(85)


@TIME.right(pushed=["kettle"], prices=[None])
def the_whole_catalogue_comes_after_the_decision(day: Day) -> None:
    """Until it comes, unknown items are allowed to those who touched them."""
    day.item(minutes=90)
    _cart(day)
    day.until(85)


@TIME.right(**NOTHING)
def it_holds_for_timers_that_fire_before_its_record(day: Day) -> None:
    """Due at 80, told at 85, and the first record at or after that is of 180."""
    day.item()
    day.item(minutes=85, stock=0)
    _cart(day)


@TIME.right(pushed=["kettle"], prices=[2000])
def a_record_of_the_same_time_as_the_decision_holds(day: Day) -> None:
    day.item("kettle", minutes=80)
    _cart(day)
    day.until(80)


SOLD_HERE = Kind()


def _sold_in(day: Day, regions: Any, **told: Any) -> None:
    day.item(regions=regions)
    day.yes(0, **told)
    day.cart("kettle", 20)
    day.until(180)


@SOLD_HERE.right(pushed=["kettle"])
def the_users_country_in_small_letters(day: Day) -> None:
    _sold_in(day, ["DE"], country="de")


@SOLD_HERE.right(pushed=["kettle"])
def the_items_country_in_small_letters(day: Day) -> None:
    _sold_in(day, ["fr", "de-by"], country="DE")


@SOLD_HERE.right(**NOTHING)
def in_small_letters_and_elsewhere(day: Day) -> None:
    _sold_in(day, ["fr"], country="de")


@SOLD_HERE.right(**NOTHING)
def sold_nowhere(day: Day) -> None:
    _sold_in(day, [], country="DE")


@SOLD_HERE.right(**NOTHING)
def sold_nowhere_to_users_of_unknown_country_either(day: Day) -> None:
    _sold_in(day, [])


@SOLD_HERE.right(pushed=["kettle"])
def no_regions_are_everywhere(day: Day) -> None:
    _sold_in(day, None, country="DE")


@SOLD_HERE.right(**NOTHING, letters=["catalog wrong_type regions[0]"])
def a_region_that_is_a_number(day: Day) -> None:
    _sold_in(day, [49, "AT"], country="DE")


@SOLD_HERE.right(**NOTHING, letters=["catalog wrong_type regions"])
def regions_in_an_object(day: Day) -> None:
    _sold_in(day, {"FR": True}, country="DE")


@SOLD_HERE.right(**NOTHING, settings={"unknown_country": "refuse"})
def an_unknown_country_is_refused(day: Day) -> None:
    _sold_in(day, ["DE"])


@SOLD_HERE.right(**NOTHING, settings={"unknown_country": "refuse"})
def a_country_that_was_cleared_is_unknown(day: Day) -> None:
    day.item(regions=["DE"])
    day.yes(0, country="DE")
    day.context(10, country=None)
    day.cart("kettle", 20)
    day.until(180)


@SOLD_HERE.right(pushed=[], suppressed=["no_candidates"] * 2)
def the_user_moved_before_the_decision(day: Day) -> None:
    day.item(regions=["DE"])
    day.yes(0, country="DE")
    day.cart("kettle", 20)
    day.context(70, country="AT")
    day.until(180)


@SOLD_HERE.right(pushed=["pan"], templates=["kairos.cart_left"])
def two_carts_and_two_lists_of_regions(day: Day) -> None:
    day.item("kettle", regions=["DE", "CH"])
    day.item("pan", regions=["AT"])
    day.yes(0, country="AT")
    day.cart("pan", 19)
    day.cart("kettle", 20)
    day.until(180)


@SOLD_HERE.right(pushed=["kettle"], cancelled=["not_sold_here"])
def the_user_moved_after_the_decision(day: Day) -> None:
    day.item(regions=["DE"])
    day.yes(0, country="DE")
    day.cart("kettle", 20)
    day.until(80)
    day.context(90, country="at")
    day.until(180)


UNKNOWN = Kind()


def _unknown(day: Day, tell: Any) -> None:
    """A shop that knows a sold out pan; whatever else is touched is not known."""
    day.item("pan", stock=0)
    day.yes(0)
    tell()
    day.until(300)


@UNKNOWN.right(**NOTHING)
def an_unknown_favourite(day: Day) -> None:
    _unknown(day, lambda: day.click("fav", "mystery", 20))


@UNKNOWN.right(**NOTHING)
def an_unknown_item_again_and_again(day: Day) -> None:
    _unknown(day, lambda: [day.click("view", "mystery", 20 + n) for n in range(3)])


@UNKNOWN.right(**NOTHING)
def an_unknown_category_again_and_again(day: Day) -> None:
    many = [(f"m{n}", 20 + n) for n in range(5)]
    _unknown(day, lambda: [day.click("view", m, at, category_id="c") for m, at in many])


@UNKNOWN.right(**NOTHING)
def a_search_for_what_is_not_known(day: Day) -> None:
    _unknown(day, lambda: day.click("search", "mystery", 20, query="mystery"))


@UNKNOWN.right(pushed=[])
def an_unknown_purchase_is_followed_up(day: Day) -> None:
    day.item("pan", stock=0)
    day.yes(0)
    day.order(["mystery"], 20)
    for user in ("v1", "v2", "v3"):
        day.click("view", "mystery", 30, user=user)
        day.click("view", "riddle", 31, user=user)
    day.until(7 * 1440 + 60)


@UNKNOWN.right(pushed=[])
def another_device_among_unknown_items_of_others(day: Day) -> None:
    day.item("pan", stock=0)
    day.yes(0, device="desktop")
    for n in range(9):
        day.click("view", "mystery", 10 + n, user=f"v{n}")
    day.until(70)
    day.context(90, device="mobile")
    day.until(180)


@UNKNOWN.right(pushed=["mystery"], settings={"unknown_items": "allow"})
def allowed_to_those_who_touched_it(day: Day) -> None:
    _unknown(day, lambda: day.click("fav", "mystery", 20))


@UNKNOWN.right(pushed=[], settings={"unknown_items": "allow"})
def allowed_to_nobody_who_did_not_touch_it(day: Day) -> None:
    day.item("pan", stock=0)
    day.yes(0, device="desktop")
    for n in range(9):
        day.click("view", "mystery", 10 + n, user=f"v{n}")
    day.until(70)
    day.context(90, device="mobile")
    day.until(180)


@UNKNOWN.right(pushed=[], settings={"unknown_items": "refuse"})
def refused_without_a_catalogue(day: Day) -> None:
    day.yes(0)
    day.click("fav", "mystery", 20)
    day.until(180)


WORDS_FIT = Kind()
SUGGESTION = {"pushed": ["pan"], "templates": ["kairos.suggestion"]}


def _asked(day: Day, tell: Any) -> None:
    """The kettle asks and is gone; the pan was looked at and can be had."""
    day.item("pan", category_id="pans")
    day.item("kettle", category_id="kettles")
    day.yes(0)
    day.click("view", "pan", 10)
    day.item("kettle", minutes=12, category_id="kettles", stock=0)
    tell()
    day.until(300)


@WORDS_FIT.right(**SUGGESTION, codes=["recently_viewed", "new_arrival"])
def a_cart_of_what_is_sold_out(day: Day) -> None:
    _asked(day, lambda: day.cart("kettle", 20))


@WORDS_FIT.right(**SUGGESTION)
def a_favourite_that_is_sold_out(day: Day) -> None:
    _asked(day, lambda: day.click("fav", "kettle", 20))


@WORDS_FIT.right(**SUGGESTION)
def looked_at_again_and_again_and_sold_out(day: Day) -> None:
    _asked(day, lambda: [day.click("view", "kettle", 20 + n) for n in range(3)])


@WORDS_FIT.right(**SUGGESTION)
def a_category_of_which_nothing_is_left(day: Day) -> None:
    views = [("kettle", 20 + n) for n in range(2)] + [(f"k{n}", 30 + n) for n in range(3)]
    _asked(day, lambda: [day.click("view", i, at, category_id="kettles") for i, at in views])


@WORDS_FIT.right(**SUGGESTION)
def a_search_that_finds_nothing_on_offer(day: Day) -> None:
    _asked(day, lambda: day.click("search", None, 20, query="kettle"))


@WORDS_FIT.right(pushed=["pan"], templates=["kairos.cart_left"])
def two_in_the_cart_and_the_later_one_is_sold_out(day: Day) -> None:
    """The words are true of the other one, which is still in the cart."""
    _asked(day, lambda: [day.cart("pan", 19), day.cart("kettle", 20)])


@WORDS_FIT.right(links=["app://item/a%20b%2F%C3%BC%3Fx%3D1%26y"])
def a_name_that_is_no_part_of_a_link(day: Day) -> None:
    day.item("a b/ü?x=1&y")
    day.yes(0)
    day.cart("a b/ü?x=1&y", 20)
    day.until(180)


@WORDS_FIT.right(links=["https://shop.example/k?utm=push"])
def the_catalogues_link_comes_first(day: Day) -> None:
    day.item(deep_link="https://shop.example/k?utm=push")
    day.yes(0)
    day.cart("kettle", 20)
    day.until(180)
