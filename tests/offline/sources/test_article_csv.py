from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from support.logs import article, bodies

from streams.offline.sources import SourceError, open_source, read_article

EXAMPLES = Path(__file__).parents[3] / "examples"


def at(text):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_counts_become_that_many_events_and_usage_minutes_on_a_phone(tmp_path):
    records = list(read_article(article(tmp_path)))
    clicks, orders = bodies(records, "clicks"), bodies(records, "purchases")
    assert [(c["user_id"], c["event"], c["ts"]) for c in clicks] == [
        ("1", "view", at("2024-03-31T01:30:00+00:00"))
    ] * 2
    assert [order["user_id"] for order in orders] == ["2", "1"]
    phone, office, nothing = bodies(records, "context")
    assert nothing.keys() == {"event_id", "user_id", "ts"}, "a row of zeros still names its user"
    assert (phone["device"], phone["app_minutes"], phone["place"]) == ("mobile", 12.5, "home")
    assert office["place"] == "office"
    assert "app_minutes" not in office
    assert "device" not in office


def test_times_without_a_zone_are_in_the_zone_that_was_named(tmp_path):
    records = list(read_article(article(tmp_path), timezone="Europe/Berlin"))
    assert bodies(records, "clicks")[0]["ts"] == at("2024-03-31T01:30:00+01:00")
    skipped_hour = bodies(records, "context")[0]
    assert skipped_hour["ts"] == at("2024-03-31T03:00:00+02:00")
    repeated_hour = bodies(records, "purchases")[1]
    assert repeated_hour["ts"] == at("2024-10-27T02:30:00+02:00")
    with_zone = bodies(records, "purchases")[0]
    assert with_zone["ts"] == at("2024-03-31T00:10:00+00:00")


def test_the_zone_reaches_the_reader_through_the_registry(tmp_path):
    path = article(tmp_path)
    utc, tokyo = (
        next(open_source("article", path, timezone=zone)).timestamp_ms
        for zone in ("Europe/London", "Asia/Tokyo")
    )
    assert utc != tokyo


def test_the_context_file_may_be_named_or_missing(tmp_path):
    folder = article(tmp_path)
    moved = (folder / "context.csv").rename(folder / "other.csv")
    assert len(bodies(read_article(folder / "behavior.csv"), "context")) == 1
    assert len(bodies(read_article(folder / "behavior.csv", moved), "context")) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user_id,timestamp,views\n1,2024-01-01,2\n", "purchases"),
        ("user_id,timestamp,views,purchases\n1,1704067200,2,0\n", "line 2"),
        ("user_id,timestamp,views,purchases\n1,yesterday,2,0\n", "timestamp"),
        ("user_id,timestamp,views,purchases\n1,2024-01-01,-2,0\n", "views"),
        ("user_id,timestamp,views,purchases\n1,2024-01-01,1.5,0\n", "views"),
        ("user_id,timestamp,views,purchases\n1,2024-01-01,2,many\n", "purchases"),
        ("user_id,timestamp,views,purchases\n1,2024-01-01,nan,0\n", "views"),
        ("user_id,timestamp,views,purchases\n1,2024-01-01,1e9,0\n", "views"),
        ("", "behavior"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, text, said):
    path = tmp_path / "behavior.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=said):
        read_article(path)


def test_an_unknown_zone_is_named(tmp_path):
    with pytest.raises(SourceError, match="Mars"):
        read_article(article(tmp_path), timezone="Mars/Olympus")


def test_the_examples_are_read_whole():
    source = read_article(EXAMPLES / "behavior.csv", EXAMPLES / "context.csv")
    records = list(source)
    assert source.report.rows == 203
    assert len({record.key for record in records}) == 12
