"""From catalogue records to an item of today among the candidates of who saw another."""

from __future__ import annotations

import json

import numpy as np

from models.bundle.tables import ItemTables, columns_of
from models.dataset import ENGAGEMENT
from models.train.content import COLD
from models.train.tables import item_tables
from schemas.ids import hash64
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.description import described

DAY_MS = 86_400_000
NOW_MS = 1_774_734_600_000


def catalogue(*records):
    shop = Catalogue()
    for record in records:
        body = {"ts": NOW_MS, "category_id": "kitchen ware"} | record
        assert shop.apply(record["item_id"].encode(), json.dumps(body).encode(), 0) is None
    return shop


def test_title_words_are_apart_and_names_are_whole():
    told = described(catalogue({"item_id": "k", "title": "Steel Kettle", "brand": "Acme & Co"}))
    assert told[0].words == "steel kettle category=kitchen_ware brand=Acme_&_Co"
    assert (told[0].number, told[0].created_ms) == (hash64("k"), NOW_MS)


def test_what_cannot_be_sold_is_not_described():
    shop = catalogue({"item_id": "k", "title": "kettle", "stock": 0}, {"item_id": "t"})
    assert shop.apply(b"t", None, 0) is None
    assert described(shop) == []


def test_an_item_launched_today_is_in_the_list_of_what_it_is_like():
    shop = catalogue(
        {"item_id": "kettle", "title": "steel kettle"},
        {"item_id": "chair", "title": "garden chair", "category_id": "garden"},
        {
            "item_id": "launch",
            "title": "kettle of copper",
            "created_ts": "2026-03-28T20:00:00+00:00",
        },
    )
    acts = [
        (f"u{user}".ljust(16).encode(), hash64(item), user * DAY_MS)
        for user in range(2 * COLD)
        for item in ("kettle", "chair")
    ]
    tables = item_tables(np.array(acts, ENGAGEMENT), described(shop))
    lists = ItemTables.of(columns_of(tables))["content"]
    row, item, like = lists.lookup(np.array([hash64("kettle"), hash64("chair")], np.uint64), 9)
    assert (row.tolist(), item.tolist()) == ([0], [hash64("launch")])
    assert 0 < like[0] < 1
