from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.catalogue_record import MOST_HOURS, read_version

T_MS = 1_700_000_000_000


def put(catalogue, item_id, ts=T_MS, **more):
    return catalogue.apply(
        item_id.encode(), json.dumps({"item_id": item_id, "ts": ts} | more).encode(), 0
    )


def attributes(catalogue, *items):
    return catalogue.attributes(np.array([hash64(item) for item in items], np.uint64), T_MS)


def names(catalogue, now_ms=T_MS, limit=10):
    return [catalogue.name(n) for n in catalogue.arrivals(now_ms, limit).tolist()]


def test_an_item_has_its_attributes():
    catalogue = Catalogue()
    more = {"category_id": "c", "price_minor": 1999, "stock": 3, "weight_g": 300.5}
    assert (
        put(catalogue, "a", created_ts="2023-11-14T00:00:00+01:00", seller_rating=4.5, **more)
        is None
    )
    row = attributes(catalogue, "a")[0]
    created_ms = 1_699_916_400_000
    assert row.tolist()[:7] == (hash64("c"), 1999.0, 3.0, 300.5, created_ms, 4.5, True)
    assert catalogue.item(hash64("a"), T_MS).price_minor == 1999
    assert catalogue.name(hash64("a")) == "a"
    assert catalogue.name(hash64("c")) == "c"
    assert (len(catalogue), catalogue.version) == (1, 1)


def test_what_is_not_told_is_missing_not_zero():
    catalogue = Catalogue()
    put(catalogue, "a")
    rows = attributes(catalogue, "a", "stranger")
    assert rows["known"].tolist() == [True, False]
    assert rows["category"].tolist() == [0, 0]
    for name in ("price_minor", "stock", "weight_g", "created_ms", "seller_rating"):
        assert np.isnan(rows[name]).all()
    assert catalogue.item(hash64("stranger"), T_MS) is None
    assert catalogue.name(hash64("stranger")) is None


def test_warehouses_add_up_unless_the_stock_is_told():
    catalogue = Catalogue()
    put(catalogue, "a", stock_by_warehouse={"x": 2, "y": 3})
    put(catalogue, "b", stock_by_warehouse={"x": 2}, stock=0)
    put(catalogue, "c", stock_by_warehouse={})
    assert attributes(catalogue, "a", "b", "c")["stock"].tolist() == [5, 0, 0]


def test_an_older_version_is_ignored_and_an_equal_one_wins():
    catalogue = Catalogue()
    put(catalogue, "a", ts=T_MS, price_minor=1)
    assert put(catalogue, "a", ts=T_MS - 1, price_minor=2) is None
    assert attributes(catalogue, "a")["price_minor"].tolist() == [1]
    assert catalogue.version == 1
    put(catalogue, "a", ts=T_MS, price_minor=3)
    assert catalogue.item(hash64("a"), T_MS).price_minor == 3
    assert catalogue.version == 2


def test_a_tombstone_withdraws_and_only_a_version_as_new_brings_the_item_back():
    catalogue = Catalogue()
    put(catalogue, "a", category_id="c", stock=5)
    assert catalogue.apply(b"a", None, 0) is None
    row = attributes(catalogue, "a")[0]
    assert (row["known"], row["stock"], row["category"]) == (False, 0.0, 0)
    assert catalogue.item(hash64("a"), T_MS) is None
    assert names(catalogue) == []
    put(catalogue, "a", ts=T_MS - 1)
    assert catalogue.item(hash64("a"), T_MS) is None
    put(catalogue, "a", ts=T_MS)
    assert names(catalogue) == ["a"]


def test_its_length_counts_items_once_and_those_withdrawn_not():
    catalogue = Catalogue()
    for later_ms in range(3):
        put(catalogue, "a", ts=T_MS + later_ms)
    put(catalogue, "b")
    assert len(catalogue) == 2
    catalogue.apply(b"a", None, 0)
    assert len(catalogue) == 1


def test_offers_tell_the_category_and_what_is_known_to_be_gone():
    catalogue = Catalogue()
    items = np.array(
        [hash64(name) for name in ("plenty", "empty", "gone", "untold", "?")], np.uint64
    )
    assert [column.tolist() for column in catalogue.offers(items, T_MS)] == [[0] * 5, [False] * 5]
    put(catalogue, "plenty", stock=9, category_id="c")
    put(catalogue, "empty", stock=-1, category_id="c")
    catalogue.apply(b"gone", None, 0)
    put(catalogue, "untold")
    category, gone = catalogue.offers(items, T_MS)
    assert category.tolist() == [hash64("c"), hash64("c"), 0, 0, 0]
    assert gone.tolist() == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (None, b"{}", "no key"),
        (b"", b"{}", "no key"),
        (b"\xff", b"{}", "UTF-8"),
        (b"a", b"", "not a catalogue record"),
        (b"a", b"[]", "not a catalogue record"),
        (b"a", b'{"item_id": "a"}', "ts"),
        (b"a", b'{"item_id": "a", "ts": "2023-01-01"}', "ts has no time zone"),
        (b"a", b'{"item_id": "a", "ts": 1700000000}', "seconds"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "created_ts": "x"}', "created_ts"),
        (b"a", b'{"item_id": "b", "ts": 1700000000000}', "key"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "price_minor": -1}', "price_minor"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "price_minor": 1e99}', "price_minor"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "weight_g": -0.5}', "weight_g"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "stock": 99999999999999999999}', "stock"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "stock": "many"}', "stock"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "category_id": ""}', "category_id"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "schema_version": 9}', "schema_version"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "weight_g": NaN}', "not a catalogue"),
        (b"a", b'{"item_id": "\xff", "ts": 1700000000000}', "not a catalogue"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "category_id": "\\ud800"}', ""),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "x": ' + b"[" * 99_999 + b"]" * 99_999 + b"}", "nested"),
        (b"a", b'{"item_id": "a", "ts": 1700000000000, "offer": {"kind": "k", "until": 1}}', "offer.until"),
        (b"a", b'{"item_id": "a", "title": "' + b"x" * (1 << 20) + b'"}', "bytes"),
    ],
)  # fmt: skip
def test_a_bad_record_is_refused_with_a_sentence_and_changes_nothing(key, value, reason):
    catalogue = Catalogue()
    put(catalogue, "a", price_minor=7)
    sentence = catalogue.apply(key, value, 0)
    assert sentence
    assert reason in sentence
    assert catalogue.version == 1
    assert catalogue.item(hash64("a"), T_MS).price_minor == 7


def test_arrivals_are_the_newest_in_stock_and_never_from_the_future():
    catalogue = Catalogue()
    put(catalogue, "old", created_ts=T_MS - 50)
    put(catalogue, "new", created_ts=T_MS - 10, stock=1)
    put(catalogue, "empty", created_ts=T_MS - 5, stock=0)
    put(catalogue, "future", created_ts=T_MS + 1)
    put(catalogue, "undated", ts=T_MS - 20)
    assert names(catalogue) == ["new", "undated", "old"]
    assert names(catalogue, limit=1) == ["new"]
    assert names(catalogue, now_ms=T_MS - 15) == ["undated", "old"]
    put(catalogue, "new", ts=T_MS + 9, created_ts=T_MS - 10, stock=0)
    put(catalogue, "empty", ts=T_MS + 9, created_ts=T_MS - 5, stock=2)
    assert names(catalogue) == ["empty", "undated", "old"]


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 12),  # item
        st.integers(0, 6),  # created, with ties
        st.sampled_from([None, 0, 4]),
        st.booleans(),  # tombstone
        st.booleans(),  # look in between: the order is kept up bit by bit
    ),
    max_size=40,
)


@given(CHANGES)
@settings(max_examples=examples(80), deadline=None)
def test_arrivals_equal_a_sort_of_everything_after_any_changes(changes):
    catalogue, model = Catalogue(), {}
    for n, (item, created, stock, tombstone, look) in enumerate(changes):
        name = f"i{item}"
        if tombstone:
            catalogue.apply(name.encode(), None, 0)
            model.pop(name, None)
        else:
            more = {} if stock is None else {"stock": stock}
            put(catalogue, name, ts=T_MS + n, created_ts=T_MS - created, **more)
            model[name] = (created, stock)
        if look:
            catalogue.arrivals(T_MS, 3)
    for now_ms in (T_MS, T_MS - 3):
        sorted_ = sorted(
            (created, hash64(name))
            for name, (created, stock) in model.items()
            if stock != 0 and T_MS - created <= now_ms
        )
        expected = [number for _, number in sorted_][:5]
        assert catalogue.arrivals(now_ms, 5).tolist() == expected


@given(st.permutations(range(12)), st.integers(0, 3))
@settings(max_examples=examples(50), deadline=None)
def test_the_order_of_records_of_different_versions_does_not_matter(order, seed):
    draw = random.Random(seed)
    versions = [(f"i{draw.randrange(4)}", T_MS + n, draw.randrange(100)) for n in range(12)]
    sorted_, shuffled = Catalogue(), Catalogue()
    for name, ts, price in versions:
        put(sorted_, name, ts=ts, price_minor=price)
    for i in order:
        put(shuffled, versions[i][0], ts=versions[i][1], price_minor=versions[i][2])
    every = [f"i{n}" for n in range(4)]
    assert attributes(sorted_, *every).tobytes() == attributes(shuffled, *every).tobytes()
    assert sorted_.arrivals(T_MS + 99, 9).tolist() == shuffled.arrivals(T_MS + 99, 9).tolist()


def test_it_grows_beyond_its_first_rows():
    catalogue = Catalogue()
    for n in range(3_000):
        put(catalogue, f"i{n}", price_minor=n + 1)
    assert len(catalogue) == 3_000
    assert attributes(catalogue, "i0", "i1023", "i1024", "i2999")["price_minor"].tolist() == [
        1,
        1024,
        1025,
        3000,
    ]


def test_ids_in_any_script_are_fine():
    catalogue = Catalogue()
    for name in ("قميص", "🫖", "a b/c"):
        assert put(catalogue, name) is None
        assert catalogue.name(hash64(name)) == name


def test_of_an_items_shops_the_first_hundred_different_opening_hours_are_known():
    """Each is read while a decision waits."""
    texts = [f"Mo 08:00-{n // 60:02}:{n % 60:02}" for n in range(600, 720)]
    stores = [{"lat": 1.0, "lon": 1.0, "hours": text} for text in [*texts, texts[0]]]
    value = json.dumps({"item_id": "a", "ts": T_MS, "stores": stores}).encode()
    hours = [shop[2] for shop in read_version("a", value, True).shops]
    assert hours == [*texts[:MOST_HOURS], *[None] * 20, texts[0]]
