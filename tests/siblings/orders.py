"""Items 3 and 8: sound lines of an order count, whatever stands beside them; hard rules forget nothing."""

from __future__ import annotations

from siblings.day import USER, Day, minute
from siblings.sibling import Kind

ORDERS = Kind()
BOUGHT = {"pushed": [], "suppressed": ["reason_gone"]}
"""The order emptied the cart."""
LEFT = {"pushed": ["kettle"], "templates": ["kairos.cart_left"]}
KETTLE = {"item_id": "kettle", "quantity": 1, "unit_price_minor": 2000}
VOUCHER = {"item_id": "voucher", "quantity": 1, "unit_price_minor": -500}


def _cart(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 20)
    day.until(180)


@ORDERS.right(**LEFT, letters=["purchases bad_price -"])
def an_order_of_vouchers_alone_buys_nothing(day: Day) -> None:
    _cart(day)
    day.lines(30, VOUCHER, VOUCHER)


@ORDERS.right(**LEFT, letters=["purchases no_lines -"])
def an_order_without_lines_buys_nothing(day: Day) -> None:
    _cart(day)
    day.lines(30)


@ORDERS.right(**BOUGHT, letters=["purchases bad_price lines[0].unit_price_minor"])
def the_voucher_comes_first(day: Day) -> None:
    _cart(day)
    day.lines(30, VOUCHER, KETTLE)


@ORDERS.right(**BOUGHT, letters=["purchases wrong_type lines[0].quantity"])
def a_weight_in_words(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"quantity": "0.35 kg"})


@ORDERS.right(**BOUGHT, letters=[])
def a_weight(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"quantity": 0.35})


@ORDERS.right(**BOUGHT, letters=[])
def whole_numbers_with_a_decimal_point(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"unit_price_minor": 2000.0, "quantity": 2.0}, ts=float(minute(30)))


@ORDERS.right(**LEFT, letters=["purchases bad_quantity -"])
def no_pieces_are_not_bought(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"quantity": 0})


@ORDERS.right(**BOUGHT, letters=["purchases bad_quantity lines[1].quantity"])
def a_returned_piece_beside_a_bought_one(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE, {"item_id": "pan", "quantity": -1, "unit_price_minor": 900})


@ORDERS.right(**BOUGHT, letters=["purchases number_too_large lines[0].quantity"])
def more_pieces_than_a_column_holds(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"quantity": 70_000})


@ORDERS.right(**BOUGHT, letters=["purchases number_too_large lines[0].unit_price_minor"])
def a_price_beyond_64_bits(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"unit_price_minor": 2**63})


@ORDERS.right(**BOUGHT, letters=["purchases wrong_type lines[0].unit_price_minor"])
def a_price_in_whole_euros(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"unit_price_minor": 19.99})


@ORDERS.right(**BOUGHT, letters=["purchases wrong_type lines[0].unit_price_minor"])
def a_price_as_text(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"unit_price_minor": "19,99"})


@ORDERS.right(
    **BOUGHT, letters=["purchases wrong_type lines[0]", "purchases wrong_type lines[2].item_id"]
)
def lines_that_are_none(day: Day) -> None:
    _cart(day)
    day.lines(30, "kettle", KETTLE, {"item_id": 17})


@ORDERS.right(**BOUGHT, letters=["purchases unknown_currency currency"])
def a_currency_with_a_blank(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE, currency=" eur")


@ORDERS.right(**BOUGHT, letters=["purchases wrong_type currency"])
def a_currency_that_is_a_number(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE, currency=978)


@ORDERS.right(**BOUGHT, letters=[])
def an_order_that_tells_no_money(day: Day) -> None:
    _cart(day)
    day.lines(30, {"item_id": "kettle"}, currency=None)


@ORDERS.right(**BOUGHT, letters=[])
def a_gift_for_nothing_is_bought(day: Day) -> None:
    _cart(day)
    day.lines(30, KETTLE | {"unit_price_minor": 0})


@ORDERS.right(**BOUGHT, letters=["purchases wrong_type lines[0].unit_price_minor"])
def a_price_without_end(day: Day) -> None:
    _cart(day)
    told = b'{"event_id":"o","order_id":"o","user_id":"u1","ts":%d,"status":"placed",' % minute(30)
    told += b'"currency":"EUR","lines":[{"item_id":"kettle","unit_price_minor":1e999}]}'
    day.raw("purchases", 30, told)


@ORDERS.right(**LEFT, letters=["purchases wrong_type -"])
def lines_that_are_no_list(day: Day) -> None:
    _cart(day)
    body = {"event_id": "o", "order_id": "o", "user_id": USER, "ts": minute(30)}
    day.raw("purchases", 30, body | {"status": "placed", "lines": {"0": KETTLE}})


@ORDERS.right(**BOUGHT)
def an_order_that_arrives_before_its_cart(day: Day) -> None:
    """Its ts says that it was placed later."""
    day.item()
    day.yes(0)
    body = {"event_id": "o", "order_id": "o", "user_id": USER, "ts": minute(25)}
    day.raw("purchases", 10, body | {"status": "placed", "lines": [KETTLE]})
    day.cart("kettle", 20)
    day.until(180)


@ORDERS.right(**LEFT)
def an_older_order_leaves_a_newer_cart(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 20)
    day.order(["pan"], 30)
    day.until(180)


@ORDERS.right(pushed=[], suppressed=["no_candidates"] * 2)
def a_big_order_and_two_hundred_views_later_it_is_still_bought(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order([*(f"g{n}" for n in range(100)), "kettle"], 5)
    for n in range(200):
        day.click("view", f"o{n}", 6 + n / 100)
    day.click("fav", "kettle", 30)
    day.cart("kettle", 40)
    day.until(180)


@ORDERS.right(pushed=[], suppressed=["maybe_bought"])
def where_lines_were_forgotten_the_answer_is_the_safe_one(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order([*(f"g{n}" for n in range(300))], 5)
    day.click("fav", "kettle", 30)
    day.until(180)


@ORDERS.right(pushed=["kettle"], settings={"bought_cooldown_ms": 3_600_000})
def what_was_forgotten_before_the_window_is_in_no_doubt(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order([*(f"g{n}" for n in range(300))], 5)
    day.click("fav", "kettle", 90)
    day.until(180)


@ORDERS.right(pushed=[], suppressed=["reason_gone"])
def a_cart_behind_a_hundred_and_fifty_moves(day: Day) -> None:
    """Those were all taken out again; what is known of the kettle was let go: a recorded no."""
    day.item()
    day.yes(0)
    day.cart("kettle", 1)
    for n in range(75):
        day.cart(f"o{n}", 2 + n / 10)
        day.click("remove_cart", f"o{n}", 2.05 + n / 10)
    day.until(180)


@ORDERS.right(pushed=["kettle"])
def a_cancelled_order_gives_the_item_back(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order(["kettle"], 5, order_id="A")
    day.order(["kettle"], 10, order_id="A", status="cancelled")
    day.click("fav", "kettle", 20)
    day.until(180)


@ORDERS.right(pushed=[])
def one_of_two_orders_was_cancelled(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order(["kettle"], 5, order_id="A")
    day.order(["kettle"], 6, order_id="B")
    day.order(["kettle"], 10, order_id="A", status="cancelled")
    day.click("fav", "kettle", 20)
    day.until(180)


@ORDERS.right(pushed=[])
def one_of_three_pieces_went_back(day: Day) -> None:
    day.item()
    day.yes(0)
    day.lines(5, KETTLE | {"quantity": 3})
    day.lines(10, KETTLE | {"quantity": 1}, status="returned")
    day.click("fav", "kettle", 20)
    day.until(180)


@ORDERS.right(pushed=[])
def one_of_three_pieces_in_decimals_went_back(day: Day) -> None:
    day.item()
    day.yes(0)
    day.lines(5, KETTLE | {"quantity": 3.0})
    day.lines(10, KETTLE | {"quantity": 1.0}, status="returned")
    day.click("fav", "kettle", 20)
    day.until(180)


@ORDERS.right(pushed=["kettle"])
def a_cancellation_that_arrives_before_its_order(day: Day) -> None:
    day.item()
    day.yes(0)
    day.order(["kettle"], 5, order_id="A", status="cancelled", ts=minute(10))
    day.order(["kettle"], 6, order_id="A", ts=minute(4))
    day.click("fav", "kettle", 20)
    day.until(180)


@ORDERS.right(pushed=[], suppressed=["reason_gone"])
def put_in_twice_and_taken_out_once(day: Day) -> None:
    """No record tells pieces that count (`not_wired`): the last move says that it is out."""
    day.item()
    day.yes(0)
    day.cart("kettle", 5)
    day.cart("kettle", 6)
    day.click("remove_cart", "kettle", 7)
    day.until(180)


@ORDERS.right(**LEFT)
def taken_out_and_put_in_again(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 5)
    day.click("remove_cart", "kettle", 6)
    day.cart("kettle", 7)
    day.until(180)


@ORDERS.right(pushed=[], suppressed=["reason_gone"])
def put_in_and_taken_out_in_the_same_millisecond(day: Day) -> None:
    day.item()
    day.yes(0)
    day.click("remove_cart", "kettle", 5)
    day.cart("kettle", 5)
    day.until(180)


@ORDERS.right(**LEFT, letters=["clicks wrong_type price_minor"])
def a_cart_with_a_price_in_words(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 20, price_minor="20 EUR")
    day.until(180)


@ORDERS.right(**LEFT, letters=["clicks wrong_type quantity"])
def a_cart_with_a_quantity_in_words(day: Day) -> None:
    day.item()
    day.yes(0)
    day.cart("kettle", 20, quantity="one")
    day.until(180)


@ORDERS.right(pushed=[], letters=["clicks wrong_type item_id"])
def a_cart_of_an_item_that_is_a_number(day: Day) -> None:
    """The record counts without its item; nothing is known to be in the cart."""
    day.item()
    day.yes(0)
    day.cart("kettle", 20, item_id=17)
    day.until(180)


PRICES = Kind()


def _looked(day: Day, now: dict[str, object], looked: dict[str, object]) -> None:
    day.item(**now)
    day.yes(0)
    day.click("view", "kettle", 10, **looked)
    day.cart("kettle", 20, **looked)
    day.until(180)


def _cheaper(seen: bool) -> dict[str, object]:
    codes = ["cart_left", "recently_viewed", "new_arrival", *(["price_drop"] if seen else [])]
    return {"codes": codes}


@PRICES.right(**_cheaper(True))
def cheaper_in_small_letters(day: Day) -> None:
    _looked(day, {"currency": "eur"}, {"price_minor": 3000, "currency": "Eur"})


@PRICES.right(**_cheaper(False))
def no_price_was_told_when_the_user_looked(day: Day) -> None:
    _looked(day, {}, {})


@PRICES.right(**_cheaper(False))
def no_currency_was_told_when_the_user_looked(day: Day) -> None:
    _looked(day, {}, {"price_minor": 3000})


@PRICES.right(**_cheaper(False))
def the_catalogue_tells_no_currency(day: Day) -> None:
    _looked(day, {"currency": None}, {"price_minor": 3000, "currency": "EUR"})


@PRICES.right(**_cheaper(False), prices=[None])
def the_catalogue_tells_no_price(day: Day) -> None:
    _looked(day, {"price_minor": None}, {"price_minor": 3000, "currency": "EUR"})


@PRICES.right(**_cheaper(False), prices=[None])
def a_price_of_0_is_not_cheap(day: Day) -> None:
    _looked(day, {"price_minor": 0}, {"price_minor": 3000, "currency": "EUR"})


@PRICES.right(**_cheaper(False))
def the_same_price_is_no_drop(day: Day) -> None:
    _looked(day, {}, {"price_minor": 2000, "currency": "EUR"})


@PRICES.right(**_cheaper(False), letters=["clicks bad_price price_minor"] * 2)
def a_price_below_0_when_the_user_looked(day: Day) -> None:
    _looked(day, {}, {"price_minor": -3000, "currency": "EUR"})


@PRICES.right(**_cheaper(False), letters=["clicks unknown_currency currency"] * 2)
def a_currency_that_is_none_when_the_user_looked(day: Day) -> None:
    _looked(day, {}, {"price_minor": 3000, "currency": "€"})


@PRICES.right(**_cheaper(True))
def prices_beyond_32_bits(day: Day) -> None:
    _looked(day, {"price_minor": 2**33}, {"price_minor": 2**34, "currency": "EUR"})


@PRICES.right(**_cheaper(False))
def the_same_number_in_yen(day: Day) -> None:
    _looked(day, {"currency": "JPY"}, {"price_minor": 3000, "currency": "EUR"})
