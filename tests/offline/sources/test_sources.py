"""What every source promises, on a small file of each kind."""

from __future__ import annotations

import json
import uuid

import msgspec
import pandas as pd
import pytest
from support.logs import FILES, bodies, body

from schemas.catalog import CatalogItem
from streams.offline.sources import SOURCES, SourceError, open_source
from streams.pipeline.accept import NO_REFUSALS, Vault, accept
from streams.settings import Settings

KINDS = sorted(FILES)


def test_every_kind_has_a_file_here():
    assert set(FILES) == set(SOURCES)


@pytest.mark.parametrize("kind", KINDS)
def test_records_come_in_time_order_with_running_offsets(kind, tmp_path):
    records = list(open_source(kind, FILES[kind](tmp_path)))
    times = [record.timestamp_ms for record in records]
    assert times == sorted(times)
    for topic in {record.topic for record in records}:
        offsets = [record.offset for record in records if record.topic == topic]
        assert offsets == list(range(len(offsets)))
    assert {record.partition for record in records} == {0}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_file_gives_the_same_bytes(kind, tmp_path):
    path = FILES[kind](tmp_path)
    assert list(open_source(kind, path)) == list(open_source(kind, path))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "raw"])
def test_accept_takes_every_record_and_the_time_is_in_it(kind, tmp_path):
    records = list(open_source(kind, FILES[kind](tmp_path)))
    events = [record for record in records if record.topic != "catalog"]
    batch = accept(events, 0, Settings(), Vault(b"x", "t"), NO_REFUSALS)
    assert batch.dead == []
    assert batch.counts["unknown_fields"] == 0
    assert all(body(record)["ts"] == record.timestamp_ms for record in records)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "raw"])
def test_event_ids_are_uuids_and_no_two_rows_share_one(kind, tmp_path):
    records = list(open_source(kind, FILES[kind](tmp_path)))
    ids = [body(record)["event_id"] for record in records if record.topic != "catalog"]
    assert len(ids) == len(set(ids))
    assert {uuid.UUID(text).version for text in ids} == {5}


@pytest.mark.parametrize("kind", ["deskdrop", "taobao", "online-retail"])
def test_an_item_enters_the_catalogue_with_its_first_event_and_once(kind, tmp_path):
    records = list(open_source(kind, FILES[kind](tmp_path)))
    first: dict[str, int] = {}
    for record in records:
        value = body(record)
        for line in value.get("lines", [value]):
            if record.topic in ("clicks", "purchases"):
                first.setdefault(line["item_id"], record.timestamp_ms)
    catalog = [record for record in records if record.topic == "catalog"]
    items = [msgspec.json.decode(record.value, type=CatalogItem) for record in catalog]
    assert {item.item_id: item.created_ts for item in items} == first
    assert [record.timestamp_ms for record in catalog] == [item.ts for item in items]
    assert len(items) == len(first)


def test_the_report_counts_what_was_handed_over(tmp_path):
    source = open_source("taobao", FILES["taobao"](tmp_path))
    records = list(source)
    assert source.report.rows == 6
    assert sum(source.report.records.values()) == len(records)


def test_records_are_made_as_they_are_asked_for(tmp_path):
    source = open_source("taobao", FILES["taobao"](tmp_path))
    next(source)
    assert sum(source.report.records.values()) == 1


def test_an_unknown_kind_is_named(tmp_path):
    with pytest.raises(SourceError, match="csv"):
        open_source("csv", tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        open_source("deskdrop", tmp_path / "nowhere.parquet")


@pytest.mark.parametrize("kind", ["deskdrop", "taobao", "online-retail"])
def test_a_file_of_another_kind_is_refused(kind, tmp_path):
    path = tmp_path / "other.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(SourceError, match="other"):
        open_source(kind, path)


def test_identical_rows_are_different_events(tmp_path):
    path = tmp_path / "UserBehavior.csv"
    path.write_text("1,2,3,pv,1511544070\n" * 3)
    ids = {value["event_id"] for value in bodies(open_source("taobao", path), "clicks")}
    assert len(ids) == 3


def test_json_is_compact_and_readable_by_any_client(tmp_path):
    record = next(open_source("taobao", FILES["taobao"](tmp_path)))
    assert json.loads(record.value) == body(record)
    assert b" " not in record.value
