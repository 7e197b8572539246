from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue

T_MS = 1_700_000_000_000


def put(catalogue: Catalogue, name: str, ts: int = T_MS, **more: object) -> None:
    record = {"item_id": name, "ts": ts, "category_id": "bikes", "currency": "EUR"} | more
    assert catalogue.apply(name.encode(), json.dumps(record).encode(), 0) is None


def similar(catalogue: Catalogue, name: str) -> float:
    return float(
        catalogue.attributes(np.array([hash64(name)], np.uint64), T_MS)["similar_minor"][0]
    )


def test_the_others_like_it_set_the_price_level() -> None:
    catalogue = Catalogue()
    for number, price in enumerate((100, 200, 300, 1_000)):
        put(catalogue, f"b{number}", price_minor=price, condition="good")
    put(catalogue, "new", price_minor=9_000, condition="new")
    put(catalogue, "dollars", price_minor=9_000, condition="good", currency="USD")
    put(catalogue, "untold", condition="good")
    assert similar(catalogue, "b3") == 200
    assert similar(catalogue, "untold") == 400
    assert np.isnan(similar(catalogue, "new"))
    catalogue.apply(b"b0", None, 0)
    assert np.isnan(similar(catalogue, "b3"))  # two others say nothing
    assert similar(catalogue, "untold") == 500


VERSIONS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 50), st.one_of(st.none(), st.integers(0, 10**9))),
    max_size=30,
)


@given(VERSIONS, st.randoms())
def test_the_order_of_records_leaves_no_trace(
    versions: list[tuple[int, int, int | None]], rng: random.Random
) -> None:
    newest = {(item, ts): price for item, ts, price in versions}
    records = [(item, ts, price) for (item, ts), price in newest.items()]
    shuffled = list(records)
    rng.shuffle(shuffled)
    found = []
    for order in (records, shuffled):
        catalogue = Catalogue()
        for item, ts, price in order:
            put(
                catalogue,
                f"b{item}",
                T_MS + ts,
                **({} if price is None else {"price_minor": price}),
            )
        found.append([similar(catalogue, f"b{item}") for item in range(5)])
    assert found[0] == pytest.approx(found[1], rel=0, abs=0, nan_ok=True)
