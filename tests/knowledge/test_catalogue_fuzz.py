"""Whatever a catalogue record says, it is read, or refused with a sentence: nothing raises, then or later."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.records import Log

from models.bundle import Bundle, reference_path
from schemas.catalog import CatalogItem
from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue
from streams.offline.replay import replay
from streams.pipeline.accept import Vault
from streams.pipeline.pipeline import Pipeline
from streams.settings import load_settings

T_MS = 1_780_000_000_000
HOUR_MS = 3_600_000
SETTINGS = load_settings(
    {}, consent_default="granted", quiet_start="00:00", quiet_end="00:00", min_gap_ms=0,
    debounce_ms=1_000, repeat_item_views=2,
    partitions=1, epoch_ms=3 * HOUR_MS, diversity_likeness=0.5, seller_ceiling=0.5,
)  # fmt: skip
BUNDLE = Bundle.load(reference_path())
ITEMS = ("a", "b", "c")

side = st.sampled_from(["30", "0.5", "5.", ".", "1.2.3", "²", "9" * 12, ""])
sides = st.tuples(side, side, side).map("x".join)
hours = st.lists(
    st.sampled_from(["Mo", "Su", "PH", ",", "-", ";", "09:00", "18:00", "48:00", "99:99", "24/7", "Jan", "easter", "week", "53", "off", "[", "(", "+"]),
    max_size=8,
).map("".join)  # fmt: skip
texts = st.one_of(st.text(max_size=20), sides, hours, st.sampled_from(["x" * 400, "DE-BER", "EUR"]))
numbers = st.one_of(
    st.integers(-5, 5), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**64, 10**400, 1e308, -1e308, 5e-324]),
)  # fmt: skip
times = st.one_of(
    st.just(T_MS), st.integers(T_MS - HOUR_MS, T_MS + HOUR_MS), numbers,
    st.sampled_from(["2026-05-28T00:00:00Z", "9999-12-31T23:59:60Z", "2026-02-30T00:00:00Z"]),
)  # fmt: skip
shops = st.fixed_dictionaries(
    {"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)}, optional={"hours": hours}
)
sound = {
    **dict.fromkeys(("title", "language", "currency", "brand", "seller_id", "condition"), texts),
    **dict.fromkeys(("price_minor", "stock", "weight_g", "seller_rating"), numbers),
    "size": sides, "ts": times, "created_ts": times, "category_id": texts,
    "stock_by_warehouse": st.dictionaries(texts, numbers, max_size=2),
    "regions": st.lists(texts, max_size=2), "stores": st.lists(shops, max_size=2),
    "offer": st.fixed_dictionaries({"kind": texts, "until": times}, optional={"code": texts}),
    "embedding": st.lists(numbers, max_size=3), "deep_link": texts, "image_url": texts,
    "schema_version": st.sampled_from([1, 2]),
}  # fmt: skip
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
fields = {
    name: st.one_of(sound.get(name, texts), anything) for name in CatalogItem.__struct_fields__
}


def few(kinds):
    """One to three fields at a time: more would seldom leave a record that can be read."""
    one = st.sampled_from(sorted(kinds)).flatmap(lambda n: st.tuples(st.just(n), kinds[n]))
    return st.lists(one, min_size=1, max_size=3).map(dict)


def test_every_field_of_a_record_is_tried():
    assert set(sound) | {"item_id"} == set(CatalogItem.__struct_fields__)


@settings(max_examples=examples(600))
@given(st.lists(st.one_of(few(fields), anything), max_size=4))
def test_a_record_is_applied_or_refused_with_a_sentence(values):
    catalogue = Catalogue()
    for value in values:
        record = {"item_id": "a", "ts": T_MS} | value if isinstance(value, dict) else value
        before = catalogue.version
        told = catalogue.apply(b"a", json.dumps(record).encode(), 0)
        assert told is None or (told and catalogue.version == before)


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(st.lists(few(sound), min_size=6, max_size=6))
def test_nothing_that_was_applied_raises_where_it_is_used(told):
    log = Log()
    for n, more in enumerate(told):
        item = ITEMS[n % len(ITEMS)]
        log.add("catalog", item, {"item_id": item, "ts": T_MS} | more, T_MS + n)
    log.context("u", T_MS + 10, lat=52.5, lon=13.4, locale="de-DE", country="DE")
    for n in range(8):
        now_ms = T_MS + n * HOUR_MS
        log.click("u", "view", ITEMS[n % 3], now_ms + 20, category_id="c", price_minor=9)
        log.click("v", "cart", ITEMS[n // 3], now_ms + 30)
    log.click("v", "search", None, T_MS + 9 * HOUR_MS, query="x a")
    log.tick(T_MS + 14 * HOUR_MS)
    outputs = []
    job = Pipeline(SETTINGS, Vault(b"catalogue", SETTINGS.tenant), bundle=BUNDLE)
    done = replay(log.records, job, outputs.append)
    assert done.counts()["accepted"] == 18
    assert any(output.topic == "decisions" for output in outputs)


@pytest.mark.parametrize("size", ["1.2.3x4x5", "...x1x1", ".x.x.", "1x2x3.4.5cm", "²x1x1"])
def test_a_size_that_is_no_number_is_not_known(size):
    catalogue = Catalogue()
    assert (
        catalogue.apply(b"a", json.dumps({"item_id": "a", "ts": T_MS, "size": size}).encode(), 0)
        is None
    )
    assert catalogue.item(hash64("a"), T_MS).size == size
    assert np.isnan(
        catalogue.attributes(np.array([hash64("a")], np.uint64), T_MS)["volume_l"]
    ).all()
