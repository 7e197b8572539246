from __future__ import annotations

import pytest
from support.data import ONLINE_RETAIL
from support.logs import bodies, online_retail

from streams.offline.sources import read_online_retail
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.settings import Settings


def test_lines_of_one_customer_and_minute_are_one_order(tmp_path):
    orders = bodies(read_online_retail(online_retail(tmp_path)), "purchases")
    assert [(order["user_id"], order["status"]) for order in orders] == [
        ("12345", "placed"),
        ("17850", "placed"),
        ("17850", "returned"),
    ]
    assert orders[1]["lines"] == [
        {"item_id": "1", "quantity": 6, "unit_price_minor": 255},
        {"item_id": "2", "quantity": 1, "unit_price_minor": 0},
    ]
    assert orders[2]["lines"] == [{"item_id": "1", "quantity": 2, "unit_price_minor": 255}]
    assert {order["currency"] for order in orders} == {"GBP"}


def test_the_catalogue_has_title_and_price_of_the_first_sale(tmp_path):
    items = bodies(read_online_retail(online_retail(tmp_path)), "catalog")
    mug, teapot = sorted(items, key=lambda item: item["item_id"], reverse=True)
    assert (teapot["title"], teapot["price_minor"], teapot["currency"]) == ("TEAPOT", 255, "GBP")
    assert mug["title"] == "MUG"


def test_guests_and_lines_without_price_or_pieces_are_skipped_and_counted(tmp_path):
    source = read_online_retail(online_retail(tmp_path))
    list(source)
    assert source.report.skipped == {"guest": 1, "no price": 1, "no quantity": 1}


@pytest.mark.slow
def test_the_shipped_sample_is_read_whole_and_accepted():
    source = read_online_retail(ONLINE_RETAIL)
    orders = [record for record in source if record.topic == "purchases"]
    report = source.report
    assert report.rows == 14_910
    assert report.skipped == {"guest": 3_375, "no price": 1}
    batch = accept(orders, 0, Settings(), Vault(b"x", "t"), NO_REFUSALS)
    assert batch.dead == []
    assert len(batch.facts) == 14_910 - 3_375 - 1


def test_the_shipped_sample_carries_its_licence():
    text = ONLINE_RETAIL.with_name("ATTRIBUTION.md").read_text()
    for words in ("CC BY 4.0", "UCI", "Daqing Chen"):
        assert words in text
