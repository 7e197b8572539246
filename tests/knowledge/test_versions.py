"""What holds at a time, against the rule said plainly: of the records that hold, the newest version."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.ids import hash64
from streams.knowledge import versions
from streams.knowledge.catalogue import Catalogue

T_MS = 1_700_000_000_000
ITEMS = 3
RECORDS = st.lists(
    st.tuples(
        st.integers(0, ITEMS - 1),
        st.integers(0, 6),  # holds from
        st.integers(0, 4),  # its version
        st.one_of(st.none(), st.integers(0, 9)),  # price; None: withdrawn
        st.booleans(),  # look in between
    ),
    max_size=25,
)
EVERY = np.array([hash64(f"i{n}") for n in range(ITEMS)], np.uint64)


def put(catalogue, name, since_ms, ts, price):
    if price is None:
        return catalogue.apply(name.encode(), None, since_ms)
    body = {
        "item_id": name,
        "ts": T_MS + ts,
        "price_minor": price,
        "stock": price,
        "category_id": "c",
    }
    return catalogue.apply(name.encode(), json.dumps(body).encode(), since_ms)


class Model:
    """Keeps all records and folds those that hold."""

    def __init__(self):
        self.records, self.newest = [], {}

    def put(self, item, since_ms, ts, price):
        ts = self.newest.get(item, -1) if price is None else ts
        self.newest[item] = max(ts, self.newest.get(item, -1))
        self.records.append((item, since_ms, ts, price))

    def prices(self, at_ms):
        found = {}
        for item, since_ms, ts, price in self.records:
            if since_ms <= at_ms and ts >= found.get(item, (-2, None))[0]:
                found[item] = (ts, price)
        return [found.get(item, (0, None))[1] for item in range(ITEMS)]


@given(RECORDS)
@settings(max_examples=examples(200), deadline=None)
def test_at_each_time_the_newest_of_the_records_that_hold_counts(records):
    catalogue, model = Catalogue(zero_is_price=True), Model()
    for item, since_ms, ts, price, look in records:
        assert put(catalogue, f"i{item}", since_ms, ts, price) is None
        model.put(item, since_ms, ts, price)
        if look:
            catalogue.attributes(EVERY, 3)
            catalogue.arrivals(T_MS, 2)
    times = np.arange(-1, 8)
    rows = catalogue.attributes(np.tile(EVERY, len(times)), times.repeat(ITEMS))
    wanted = [price for at_ms in times.tolist() for price in model.prices(at_ms)]
    told = [None if np.isnan(price) else int(price) for price in rows["price_minor"]]
    assert told == wanted
    for at_ms in times.tolist():
        offered = {hash64(f"i{n}") for n, price in enumerate(model.prices(at_ms)) if price}
        now = np.array([T_MS + 9])
        _, arrived, _ = catalogue.arrivals_at(now, np.array([at_ms]), 9)
        assert set(arrived.tolist()) == offered
        assert len(arrived) == len(offered)


@given(RECORDS)
@settings(max_examples=examples(100), deadline=None)
def test_similar_prices_are_those_of_the_versions_that_hold(records):
    catalogue, model = Catalogue(zero_is_price=True), Model()
    for n in range(4):  # enough others, for ever
        put(catalogue, f"o{n}", -9, 0, 100)
    for item, since_ms, ts, price, _ in records:
        put(catalogue, f"i{item}", since_ms, ts, price)
        model.put(item, since_ms, ts, price)
    asked = np.array([hash64("o0")], np.uint64)
    for at_ms in range(-1, 8):
        prices = [price for price in model.prices(at_ms) if price is not None]
        expected = (300 + sum(prices)) / (3 + len(prices))
        assert catalogue.attributes(asked, at_ms)["similar_minor"][0] == pytest.approx(expected)


def test_of_too_many_replaced_versions_the_next_holds_from_the_oldests_time_on(monkeypatch):
    monkeypatch.setattr(versions, "MOST_OLD", 2)
    catalogue = Catalogue()
    for n in range(5):
        put(catalogue, "i0", n, n, n + 1)
    prices = catalogue.attributes(EVERY[:1].repeat(6), np.arange(-1, 5))["price_minor"]
    assert prices[1:].tolist() == [3, 3, 3, 4, 5]
    assert np.isnan(prices[0])


def test_the_offsets_that_hold_are_named_by_partition():
    catalogue = Catalogue()
    for partition, offset, since_ms in ((0, 5, 100), (0, 6, 50), (1, 9, 70), (0, 7, 120)):
        catalogue.reading.note(partition, offset, since_ms)
    told = {at_ms: catalogue.reading.offsets(at_ms) for at_ms in (49, 60, 100, 120)}
    assert told == {49: {}, 60: {"0": 6}, 100: {"0": 6, "1": 9}, 120: {"0": 7, "1": 9}}
