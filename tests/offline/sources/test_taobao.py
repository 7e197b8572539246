from __future__ import annotations

import pytest
from support.logs import bodies, taobao

from streams.offline.sources import SourceError, read_taobao


def test_behaviour_is_mapped(tmp_path):
    records = list(read_taobao(taobao(tmp_path)))
    clicks = bodies(records, "clicks")
    assert [(c["user_id"], c["event"]) for c in clicks] == [
        ("1", "view"), ("1", "view"), ("2", "cart"), ("1", "fav"),
    ]  # fmt: skip
    assert (clicks[0]["item_id"], clicks[0]["category_id"]) == ("2268318", "2520377")
    assert clicks[0]["ts"] == 1_511_544_070_000
    (order,) = bodies(records, "purchases")
    assert order["lines"] == [
        {"item_id": "2268318", "quantity": 1, "unit_price_minor": 0, "category_id": "2520377"}
    ]


def test_impossible_times_are_skipped_and_counted(tmp_path):
    source = read_taobao(taobao(tmp_path))
    list(source)
    assert source.report.skipped == {"impossible time": 1}


def test_an_unknown_behaviour_is_refused(tmp_path):
    path = tmp_path / "UserBehavior.csv"
    path.write_text("1,2,3,pv,1511544070\n1,2,3,stare,1511544070\n")
    with pytest.raises(SourceError, match="row 1"):
        read_taobao(path)
