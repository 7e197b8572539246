from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import hash64
from schemas.state import NEVER_MS
from schemas.vocabulary import TriggerKind
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.news import MOST

T_MS = 1_700_000_000_000
DROP, RESTOCK, ARRIVAL = TriggerKind.PRICE_DROP, TriggerKind.RESTOCK, TriggerKind.NEW_ARRIVAL


def put(catalogue, item_id, ts, **more):
    record = {"item_id": item_id, "ts": ts, "category_id": "c", "currency": "EUR"} | more
    assert catalogue.apply(item_id.encode(), json.dumps(record).encode(), 0) is None


def told(catalogue, after_ms=NEVER_MS):
    rows = catalogue.news(after_ms)
    return [(row["item"], TriggerKind(row["kind"]), row["ts_ms"] - T_MS) for row in rows]


def known(**more):
    """A catalogue that knows a kettle, which is no news any more."""
    catalogue = Catalogue()
    put(catalogue, "kettle", T_MS, **more)
    catalogue.news(None)
    return catalogue


KETTLE = hash64("kettle")


def test_a_lower_price_is_news_once():
    catalogue = known(price_minor=1000)
    put(catalogue, "kettle", T_MS + 1, price_minor=900)
    assert told(catalogue) == [(KETTLE, DROP, 1)]
    assert told(catalogue) == []
    put(catalogue, "kettle", T_MS + 2, price_minor=890)
    assert told(catalogue) == []


def test_a_price_that_rose_again_is_no_news():
    catalogue = known(price_minor=1000)
    put(catalogue, "kettle", T_MS + 1, price_minor=900)
    put(catalogue, "kettle", T_MS + 2, price_minor=1000)
    assert told(catalogue) == []


def test_another_currency_is_no_lower_price():
    catalogue = known(price_minor=100_000, currency="JPY")
    put(catalogue, "kettle", T_MS + 1, price_minor=900, currency="EUR")
    assert told(catalogue) == []


def test_a_drop_whose_price_is_in_another_currency_by_now_is_no_news():
    catalogue = known(price_minor=1000)
    put(catalogue, "kettle", T_MS + 1, price_minor=900)
    put(catalogue, "kettle", T_MS + 2, price_minor=800, currency="CHF")
    assert told(catalogue) == []


@pytest.mark.parametrize("told_by_both", [None, "", "Euro"])
def test_what_nobody_told_the_currency_of_is_not_compared(told_by_both):
    catalogue = known(price_minor=1000, currency=told_by_both)
    put(catalogue, "kettle", T_MS + 1, price_minor=500, currency=told_by_both)
    assert told(catalogue) == []


def test_a_currency_in_lower_case_is_the_same():
    catalogue = known(price_minor=1000, currency="eur")
    put(catalogue, "kettle", T_MS + 1, price_minor=500, currency="EUR")
    assert told(catalogue) == [(KETTLE, DROP, 1)]


def test_0_is_a_price_only_where_the_shop_says_so_and_equal_is_no_drop():
    catalogue = known(price_minor=1000)
    put(catalogue, "kettle", T_MS + 1, price_minor=0)
    assert told(catalogue) == []
    assert catalogue.item(hash64("kettle"), T_MS + 1).price_minor is None
    free = Catalogue(zero_is_price=True)
    put(free, "kettle", T_MS, price_minor=0)
    free.news(None)
    put(free, "kettle", T_MS + 1, price_minor=0)
    assert told(free) == []
    assert free.item(hash64("kettle"), T_MS + 1).price_minor == 0


def test_stock_again_is_news_unless_it_is_gone_when_asked():
    catalogue = known(stock=0)
    put(catalogue, "kettle", T_MS + 1, stock=3)
    assert told(catalogue) == [(KETTLE, RESTOCK, 1)]
    put(catalogue, "kettle", T_MS + 2, stock=0)
    put(catalogue, "kettle", T_MS + 3, stock=3)
    put(catalogue, "kettle", T_MS + 4, stock=0)
    assert told(catalogue) == []


def test_an_item_that_was_withdrawn_and_comes_back_is_in_stock_again():
    catalogue = known()
    assert catalogue.apply(b"kettle", None, 0) is None
    put(catalogue, "kettle", T_MS + 1)
    assert told(catalogue) == [(KETTLE, RESTOCK, 1)]


def test_a_new_item_is_news_of_its_category():
    catalogue = known()
    put(catalogue, "teapot", T_MS + 5)
    put(catalogue, "sold-out", T_MS + 6, stock=0)
    (row,) = catalogue.news(NEVER_MS)
    assert (row["item"], row["category"]) == (hash64("teapot"), hash64("c"))
    assert row["kind"] == ARRIVAL


def test_what_an_epoch_told_before_a_restart_is_not_told_again():
    catalogue = Catalogue()
    put(catalogue, "kettle", T_MS, price_minor=1000)
    put(catalogue, "kettle", T_MS + 1, price_minor=800)
    put(catalogue, "kettle", T_MS + 9, price_minor=600)
    assert told(catalogue, after_ms=T_MS + 5) == [(KETTLE, DROP, 9)]


def test_an_old_version_that_comes_late_tells_nothing():
    catalogue = known(price_minor=1000)
    put(catalogue, "kettle", T_MS - 1, price_minor=1)
    assert told(catalogue) == []


@pytest.mark.slow
def test_nobody_asks_and_memory_is_bounded():
    catalogue = Catalogue()
    for number in range(MOST + 10):
        put(catalogue, f"i{number}", T_MS + number)
    rows = catalogue.news(NEVER_MS)
    assert len(rows) == MOST
    assert rows["ts_ms"].min() == T_MS + 10


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 3)), max_size=20))
def test_an_item_is_told_once_a_kind_and_only_what_stands(versions):
    catalogue = known(price_minor=5, stock=1)
    for price, ts, stock in versions:
        put(catalogue, "kettle", T_MS + ts, price_minor=price, stock=stock)
    found = told(catalogue)
    assert len({kind for _, kind, _ in found}) == len(found)
    now = catalogue.item(KETTLE, T_MS)
    assert not found or now.stock > 0
    assert all(ts <= now.ts - T_MS for _, _, ts in found)
