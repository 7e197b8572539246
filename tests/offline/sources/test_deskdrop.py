from __future__ import annotations

import pandas as pd
import pytest
from support.data import DESKDROP
from support.logs import bodies, deskdrop

from streams.offline.sources import SourceError, read_deskdrop


def test_reading_is_clicks_and_a_bookmark_a_purchase(tmp_path):
    records = list(read_deskdrop(deskdrop(tmp_path)))
    clicks = bodies(records, "clicks")
    assert [click["event"] for click in clicks] == ["view", "view", "like", "comment", "follow"]
    assert clicks[0]["item_id"] == "11"
    assert clicks[0]["user_id"] == "-1"
    assert clicks[0]["session_id"] == "5"
    (order,) = bodies(records, "purchases")
    assert order["lines"] == [{"item_id": "11", "quantity": 1, "unit_price_minor": 0}]
    assert (order["status"], order["currency"]) == ("placed", "XXX")


def test_only_news_of_the_situation_is_told_and_what_is_not_known_is_not(tmp_path):
    told = [
        {name: value[name] for name in ("user_id", "device", "country", "region") if name in value}
        for value in bodies(read_deskdrop(deskdrop(tmp_path)), "context")
    ]
    assert told == [
        {"user_id": "-1", "device": "desktop", "country": "BR", "region": "SP"},
        {"user_id": "2", "device": "mobile"},
        {"user_id": "-1", "device": "mobile"},
        {"user_id": "-1", "region": "RJ"},
    ]


def test_no_zone_is_guessed(tmp_path):
    assert all(b"timezone" not in record.value for record in read_deskdrop(deskdrop(tmp_path)))


def test_an_event_of_another_log_is_refused(tmp_path):
    path = deskdrop(tmp_path)
    pd.read_parquet(path).replace({"event": {"LIKE": "SHARE"}}).to_parquet(path)
    with pytest.raises(SourceError, match="row 1"):
        list(read_deskdrop(path))


@pytest.mark.slow
def test_the_shipped_log_is_whole():
    source = read_deskdrop(DESKDROP)
    records = list(source)
    counts = source.report.records
    assert source.report.rows == 72_312 == counts["clicks"] + counts["purchases"]
    assert (counts["purchases"], counts["catalog"]) == (2_463, 2_987)
    assert not source.report.skipped
    people = {record.key for record in records if record.topic in ("clicks", "purchases")}
    assert len(people) == 1_895


def test_the_shipped_log_carries_its_licence():
    text = DESKDROP.with_name("ATTRIBUTION.md").read_text()
    for words in ("ODbL", "DbCL", "gspmoreira/articles-sharing-reading-from-cit-deskdrop"):
        assert words in text
