from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, utc_ms

from streams.pipeline.policy.calendar import quiet_spans


def spans(zone, start, end, day):
    return quiet_spans(zone, start * 60, end * 60, utc_ms(day + "T00:00Z") // DAY_MS)


def hhmm(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@pytest.mark.parametrize(
    ("zone", "start", "end", "day", "expected"),
    [
        # over midnight, in a night of 23 hours: ten hours on the clock, nine on the watch
        ("Europe/London", "22:00", "08:00", "2026-03-28",
         ("2026-03-28T22:00Z", "2026-03-29T07:00Z")),
        # in a night of 25 hours
        ("Europe/London", "22:00", "08:00", "2026-10-24",
         ("2026-10-24T21:00Z", "2026-10-25T08:00Z")),
        # half an hour of shift
        ("Australia/Lord_Howe", "22:00", "08:00", "2026-04-04",
         ("2026-04-04T11:00Z", "2026-04-04T21:30Z")),
        # a quarter-hour zone without any shift, and hours that do not go over midnight
        ("Asia/Kathmandu", "13:00", "14:30", "2026-05-01",
         ("2026-05-01T07:15Z", "2026-05-01T08:45Z")),
        # the end lies in a gap: moved forward by it
        ("Europe/London", "22:00", "01:30", "2026-03-28",
         ("2026-03-28T22:00Z", "2026-03-29T01:30Z")),
        # the start lies in a gap: quiet from the first moment whose clock says so
        ("Europe/London", "01:30", "08:00", "2026-03-29",
         ("2026-03-29T01:00Z", "2026-03-29T07:00Z")),
        # the start lies in a fold: the first of the two
        ("Europe/London", "01:30", "08:00", "2026-10-25",
         ("2026-10-25T00:30Z", "2026-10-25T08:00Z")),
        # the end lies in a fold: the first of the two
        ("Europe/London", "22:00", "01:30", "2026-10-24",
         ("2026-10-24T21:00Z", "2026-10-25T00:30Z")),
        # and the clock that goes back into quiet hours makes them quiet again
        ("Europe/London", "22:00", "01:30", "2026-10-25",
         ("2026-10-25T01:00Z", "2026-10-25T01:30Z")),
        # Samoa skipped 30 December 2011
        ("Pacific/Apia", "22:00", "08:00", "2011-12-30",
         ("2011-12-30T08:00Z", "2011-12-30T18:00Z")),
    ],
)  # fmt: skip
def test_quiet_hours_follow_the_wall_clock_of_the_zone(zone, start, end, day, expected):
    found = spans(zone, hhmm(start), hhmm(end), day)
    assert (utc_ms(expected[0]), utc_ms(expected[1])) in found


ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata",
     "Pacific/Apia", "Africa/Casablanca", "America/Santiago", "Asia/Tehran", "UTC",
     "Pacific/Chatham", "Atlantic/Azores", "Europe/Dublin", "America/St_Johns"]
)  # fmt: skip
MINUTES = st.integers(0, 1439)


@given(
    zone=ZONES,
    start=MINUTES,
    end=MINUTES,
    at=st.datetimes(datetime(2005, 1, 3), datetime(2037, 12, 20)),
)
def test_every_minute_that_the_wall_clock_calls_quiet_lies_in_a_span(zone, start, end, at):
    if start == end:
        end = (end + 1) % 1440
    moment = at.replace(tzinfo=UTC, second=0, microsecond=0)
    place = ZoneInfo(zone)
    found = quiet_spans(zone, start * 60, end * 60, int(moment.timestamp()) // 86_400)
    assert all(low < high for low, high in found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    inside = 0
    for minute in range(0, 1440, 7):
        then = moment + timedelta(minutes=minute)
        local = then.astimezone(place)
        clock = local.hour * 60 + local.minute
        quiet = start <= clock < end if start < end else clock >= start or clock < end
        then_ms = round(then.timestamp() * 1000)
        covered = any(low <= then_ms < high for low, high in found)
        assert covered or not quiet
        inside += covered != quiet
    if place.utcoffset(moment - timedelta(days=4)) == place.utcoffset(moment + timedelta(days=6)):
        assert inside == 0  # without a change of offset, the clock alone decides
