"""How the demo cuts a log: what is trained on is never served, save the catalogue."""

from __future__ import annotations

from schemas.tables import SourceRecord
from streams.operate.demo.run import LIVE_PER_S, LIVE_S, cut

LIVE = LIVE_PER_S * LIVE_S


def log(n: int) -> list[SourceRecord]:
    topics = ("clicks", "catalog", "purchases", "context")
    return [SourceRecord(topics[i % 4], 0, i, i, b"k", b"%d" % i) for i in range(n)]


def test_every_event_is_in_exactly_one_part() -> None:
    records = log(4 * LIVE)
    parts = cut(records)
    events = [r for r in (*parts.past, *parts.replayed, *parts.live) if r.topic != "catalog"]
    assert sorted(events, key=lambda r: r.offset) == [r for r in records if r.topic != "catalog"]
    assert len(parts.live) == LIVE


def test_nothing_that_is_served_is_older_than_what_was_trained_on() -> None:
    parts = cut(log(4 * LIVE))
    served = [r for r in (*parts.replayed, *parts.live) if r.topic != "catalog"]
    assert max(r.timestamp_ms for r in parts.past) < min(r.timestamp_ms for r in served)


def test_the_whole_catalogue_is_served() -> None:
    records = log(4 * LIVE)
    parts = cut(records)
    items = [r for r in (*parts.replayed, *parts.live) if r.topic == "catalog"]
    assert items == [r for r in records if r.topic == "catalog"]


def test_events_are_produced_for_the_law_and_items_are_not() -> None:
    records = log(4 * LIVE)
    assert cut(records).produced() == sum(r.topic != "catalog" for r in records[2 * LIVE :])


def test_of_a_short_log_a_quarter_is_live() -> None:
    parts = cut(log(100))
    assert len(parts.past) == 50
    assert [r.offset for r in parts.live] == list(range(75, 100))
    assert [r.offset for r in parts.replayed if r.offset >= 50] == list(range(50, 75))
