"""Windows and days by hand: clocks that change, journeys, boundaries, what comes late."""

from __future__ import annotations

from msgspec.structs import replace
from support.facts import ITEMS, SETTINGS, Facts
from support.records import Log, at

from schemas.state import TILE_MS
from streams.pipeline.aggregate import unpack_rows

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


def views(*times: str, zone: str | None = None) -> Facts:
    log = Log()
    if zone:
        log.context("anna", at(times[0]), timezone=zone)
    for text in times:
        log.click("anna", "view", "kettle", at(text))
    return Facts(log.records)


def test_a_day_of_23_hours_begins_at_the_same_wall_time():
    # Sunday the clocks go forward: from Saturday 12:00 GMT to Sunday 12:00 BST there are 23 hours.
    seen = views("2026-03-28T11:59:00+00:00", "2026-03-28T12:00:00+00:00", zone="Europe/London")
    assert seen.of("anna", at("2026-03-29T12:00:00+01:00"))["view_1d"] == 1
    assert seen.of("anna", at("2026-03-29T11:45:00+01:00"))["view_1d"] == 2


def test_a_day_of_25_hours_begins_at_the_same_wall_time():
    # Sunday the clocks go back: from Saturday 12:00 BST to Sunday 12:00 GMT there are 25 hours.
    seen = views("2026-10-24T11:59:00+01:00", "2026-10-24T12:00:00+01:00", zone="Europe/London")
    now_ms = at("2026-10-25T12:00:00+00:00")
    assert now_ms - at("2026-10-24T12:00:00+01:00") == 25 * HOUR_MS
    assert seen.of("anna", now_ms)["view_1d"] == 1
    assert seen.of("anna", at("2026-10-25T11:45:00+00:00"))["view_1d"] == 2


def test_whoever_flies_from_tokyo_to_new_york_takes_the_day_along():
    # Tuesday 23:00 in Tokyo is Tuesday 10:00 in New York, where the day began 13 hours "later".
    log = Log()
    log.context("anna", at("2026-06-01T00:00:00+09:00"), timezone="Asia/Tokyo")
    log.click("anna", "view", "kettle", at("2026-06-02T23:00:00+09:00"))
    at_home = Facts(log.records).of("anna", at("2026-06-02T23:30:00+09:00"))
    assert at_home["local_hour"] == 23.5
    log.context("anna", at("2026-06-03T06:00:00-04:00"), timezone="America/New_York")
    seen = Facts(log.records)
    # Wednesday 10:00 there: a day ago on her wall clock is Tuesday 10:00, the view is just in.
    now = seen.of("anna", at("2026-06-03T10:00:00-04:00"))
    assert (now["view_1d"], now["local_hour"], now["weekday"]) == (1, 10, 2)
    assert seen.of("anna", at("2026-06-03T10:15:00-04:00"))["view_1d"] == 0
    assert now["hours_since_view"] == 24


def test_an_event_exactly_on_a_boundary_is_in_at_the_beginning_and_out_at_the_end():
    edge = "2026-06-02T10:00:00+00:00"
    seen = views(edge)
    assert seen.of("anna", at(edge))["view_15m"] == 0, "now is not yet past"
    assert seen.of("anna", at(edge) + 1)["view_15m"] == 1
    assert seen.of("anna", at(edge) + HOUR_MS)["view_1h"] == 1, "the window begins with it"
    assert seen.of("anna", at(edge) + HOUR_MS + TILE_MS)["view_1h"] == 0
    assert seen.of("anna", at(edge) + 7 * DAY_MS)["view_7d"] == 1
    assert seen.of("anna", at(edge) + 7 * DAY_MS + TILE_MS)["view_7d"] == 0


def test_six_days_late_counts_in_its_own_tile_and_eight_days_late_does_not():
    now = at("2026-06-20T10:00:00+00:00")
    log = Log()
    log.click("anna", "view", "kettle", now)
    for days in (6, 8):
        late = log.click("anna", "view", "kettle", now - days * DAY_MS)
        log.records[-1] = replace(late, timestamp_ms=now)
    seen = Facts(log.records, cuts=(1,))
    assert (seen.ends["accepted"], seen.ends["late"]) == (2, 1)
    row = seen.of("anna", now + 1)
    assert (row["view_1h"], row["view_1d"], row["view_7d"], row["view_30d"]) == (1, 1, 2, 2)


def test_the_future_is_a_dead_letter():
    now = at("2026-06-20T10:00:00+00:00")
    log = Log()
    log.click("anna", "view", "kettle", now)
    ahead = log.click("anna", "view", "kettle", now + DAY_MS + 1)
    log.records[-1] = replace(ahead, timestamp_ms=now)
    seen = Facts(log.records)
    assert seen.ends["ts_future"] == 1
    assert seen.of("anna", now + 1)["view_1h"] == 1


def test_the_heaviest_users_windows_saturate_and_never_shrink_as_more_comes():
    now = at("2026-06-20T10:00:00+00:00")
    counts, flags = [], []
    for events in (20, 400, 900):
        log = Log()
        for number in range(events):
            log.click("anna", "view", ITEMS[number % 3], now - number)
        facts = Facts(log.records)
        state = unpack_rows(sorted(facts.rows), [facts.rows[key] for key in sorted(facts.rows)])
        counts.append((facts.of("anna", now + 1)["view_1d"], len(state.events.data)))
        flags.append(int(state.head["flags"][0]))
    assert [count for count, _ in counts] == [20, 400, 900]
    kept = [kept for _, kept in counts]
    assert kept == sorted(kept)
    assert kept[-1] == SETTINGS.recent_events
    assert flags[0] != flags[-1], "what was cut off is flagged"
