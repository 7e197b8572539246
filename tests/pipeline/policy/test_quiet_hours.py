from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.due import DAY_MS, EVENING_MS, HOUR_MS, utc_ms

from schemas.vocabulary import StopReason
from streams.pipeline.policy.quiet_hours import LONGEST_LIFE_MS, find_slot
from streams.settings import Settings, SettingsError

MINUTE_MS = 60_000


def iso(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="minutes")[:16] + "Z"


def slot_of(now, zone="Europe/London", **changes):
    return find_slot(zone, utc_ms(now), Settings(**changes))


def test_a_cart_left_at_night_waits_for_eight_o_clock_on_the_other_side_of_the_clock_change():
    slot = find_slot("Europe/London", EVENING_MS, Settings())
    assert iso(EVENING_MS) == "2026-03-28T22:50Z"
    assert (iso(slot.send_after_ms), iso(slot.expires_ms)) == (
        "2026-03-29T07:00Z",
        "2026-03-29T21:00Z",
    )
    assert slot.shifted
    assert slot.reason is None


def test_by_day_it_may_go_at_once_until_the_evening():
    slot = slot_of("2026-07-01T10:00+01:00")
    assert (iso(slot.send_after_ms), iso(slot.expires_ms)) == (
        "2026-07-01T09:00Z",
        "2026-07-01T21:00Z",
    )
    assert not slot.shifted


def test_a_short_life_ends_the_slot_before_quiet_hours_do():
    slot = slot_of("2026-07-01T10:00+01:00", candidate_life_ms=2 * HOUR_MS)
    assert iso(slot.expires_ms) == "2026-07-01T11:00Z"


def test_a_candidate_that_dies_in_quiet_hours_is_stopped():
    slot = slot_of("2026-07-01T23:00+01:00", candidate_life_ms=9 * HOUR_MS)
    assert slot.reason == StopReason.QUIET_HOURS
    assert iso(slot.allowed_ms) == "2026-07-02T07:00Z"
    assert slot.life_ends_ms == slot.allowed_ms
    assert slot.send_after_ms == slot.expires_ms == utc_ms("2026-07-01T23:00+01:00")


def test_five_minutes_before_quiet_hours_the_next_morning_is_better():
    slot = slot_of("2026-07-01T21:55+01:00")
    assert iso(slot.send_after_ms) == "2026-07-02T07:00Z"
    assert slot.shifted


def test_ten_minutes_before_quiet_hours_are_just_enough():
    slot = slot_of("2026-07-01T21:50+01:00")
    assert slot.expires_ms - slot.send_after_ms == 10 * MINUTE_MS
    assert not slot.shifted


def test_five_minutes_that_are_all_there_is_are_too_short():
    slot = slot_of("2026-07-01T21:55+01:00", candidate_life_ms=10 * HOUR_MS)
    assert slot.reason == StopReason.TOO_SHORT


def test_five_minutes_after_quiet_hours_are_too_short_as_well():
    slot = slot_of("2026-07-01T22:05+01:00", candidate_life_ms=10 * HOUR_MS)
    assert slot.reason == StopReason.TOO_SHORT


def test_the_last_quiet_moment_is_quiet_and_the_first_after_it_is_not():
    assert slot_of("2026-07-01T07:59:59.999+01:00").shifted
    assert not slot_of("2026-07-01T08:00+01:00").shifted
    assert not slot_of("2026-07-01T21:45+01:00").shifted
    assert slot_of("2026-07-01T22:00+01:00").shifted


def test_equal_start_and_end_mean_no_quiet_hours():
    slot = slot_of("2026-07-01T23:00+01:00", quiet_start="08:00", quiet_end="08:00")
    assert not slot.shifted
    assert slot.expires_ms - slot.send_after_ms == DAY_MS


def test_windows_shorter_than_the_least_life_are_never_used():
    hours = {"quiet_start": "08:05", "quiet_end": "08:00", "candidate_life_ms": 20 * DAY_MS}
    assert slot_of("2026-07-01T12:00+01:00", **hours).reason == StopReason.TOO_SHORT


def test_no_slot_reaches_beyond_four_weeks():
    settings = Settings(quiet_start="00:00", quiet_end="00:00", candidate_life_ms=90 * DAY_MS)
    slot = find_slot("UTC", 0, settings)
    assert slot.expires_ms == LONGEST_LIFE_MS == 28 * DAY_MS


@pytest.mark.parametrize("text", ["25:00", "8", "", "22:60", "22:00:00", "ten"])
def test_a_time_of_day_that_is_none_names_its_setting(text):
    with pytest.raises(SettingsError, match=r"^quiet_start: .* is not HH:MM"):
        slot_of("2026-07-01T12:00Z", quiet_start=text)


CHANGES = st.sampled_from(  # (zone, a UTC time of a change of offset)
    [("Europe/London", "2026-03-29T01:00Z"), ("Europe/London", "2026-10-25T01:00Z"),
     ("America/New_York", "2026-03-08T07:00Z"), ("America/New_York", "2026-11-01T06:00Z"),
     ("Australia/Lord_Howe", "2026-04-04T15:00Z"), ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
     ("Pacific/Chatham", "2026-09-26T14:00Z"), ("Africa/Casablanca", "2026-02-15T02:00Z"),
     ("America/Santiago", "2026-09-06T04:00Z"), ("Pacific/Apia", "2011-12-30T10:00Z"),
     ("Asia/Kathmandu", "2026-06-01T00:00Z"), ("Asia/Tehran", "2022-09-21T19:30Z")]
)  # fmt: skip


def is_quiet(local, start, end):
    clock = local.hour * 60 + local.minute
    if start == end:
        return False
    return start <= clock < end if start < end else clock >= start or clock < end


@given(
    change=CHANGES,
    before_min=st.integers(-3000, 3000),
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    life_min=st.integers(1, 2880),
    least_min=st.integers(0, 60),
    odd_ms=st.integers(0, MINUTE_MS - 1),
)
@example(("Europe/London", "2026-10-25T01:00Z"), 0, 1320, 90, 1440, 10, 0)
@example(("Europe/London", "2026-03-29T01:00Z"), 60, 90, 480, 1440, 10, 0)
def test_no_minute_of_a_slot_is_quiet_on_any_clock(
    change, before_min, start, end, life_min, least_min, odd_ms
):
    """Law 6, against a clock that is read minute by minute."""
    zone, at = change
    now_ms = utc_ms(at) - before_min * MINUTE_MS + odd_ms
    settings = Settings(
        quiet_start=f"{start // 60:02}:{start % 60:02}",
        quiet_end=f"{end // 60:02}:{end % 60:02}",
        candidate_life_ms=life_min * MINUTE_MS,
        min_life_ms=least_min * MINUTE_MS,
    )
    slot = find_slot(zone, now_ms, settings)
    place = ZoneInfo(zone)

    def quiet_at(ms):
        moment = datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)
        return is_quiet(moment.astimezone(place), start, end)

    if slot.reason is None:
        assert now_ms <= slot.send_after_ms < slot.expires_ms <= now_ms + life_min * MINUTE_MS
        assert slot.expires_ms - slot.send_after_ms >= settings.min_life_ms
        assert slot.shifted == (slot.send_after_ms > now_ms)
        moments = [*range(slot.send_after_ms, slot.expires_ms, MINUTE_MS), slot.expires_ms - 1]
        assert not any(quiet_at(ms) for ms in moments)
    else:
        assert slot.send_after_ms == slot.expires_ms == now_ms


@given(
    zone=st.sampled_from(["Asia/Kolkata", "Asia/Kathmandu", "UTC", "Pacific/Kiritimati"]),
    now_min=st.integers(28_000_000, 31_000_000),
    start=st.integers(0, 1439),
    end=st.integers(0, 1439),
    life_min=st.integers(1, 2880),
    least_min=st.integers(1, 60),
)
def test_where_clocks_never_change_the_slot_is_the_first_that_minutes_allow(
    zone, now_min, start, end, life_min, least_min
):
    """The same answer as a search that reads the clock every minute of the candidate's life."""
    settings = Settings(
        quiet_start=f"{start // 60:02}:{start % 60:02}",
        quiet_end=f"{end // 60:02}:{end % 60:02}",
        candidate_life_ms=life_min * MINUTE_MS,
        min_life_ms=least_min * MINUTE_MS,
    )
    place = ZoneInfo(zone)
    free = [
        not is_quiet(datetime.fromtimestamp((now_min + i) * 60, place), start, end)
        for i in range(life_min)
    ]
    expected, run = None, 0
    for i, allowed in enumerate([*free, False]):
        if not allowed and run >= least_min and expected is None:
            expected = ((now_min + i - run) * MINUTE_MS, (now_min + i) * MINUTE_MS)
        run = run + 1 if allowed else 0
    slot = find_slot(zone, now_min * MINUTE_MS, settings)
    if expected is None:
        assert slot.reason == (StopReason.TOO_SHORT if any(free) else StopReason.QUIET_HOURS)
    else:
        assert (slot.send_after_ms, slot.expires_ms) == expected
