from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.vocabulary import DeadReason
from streams.pipeline.accept import Fault, parse_ts

LATER_MS = 4_200_000_000_000  # a record timestamp past everything
DAY_MS = 86_400_000
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


def reason(value, record_ms=LATER_MS):
    with pytest.raises(Fault) as raised:
        parse_ts(value, record_ms)
    return raised.value.reason


@given(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)), offsets)
def test_text_with_any_offset_is_the_same_moment_as_its_milliseconds(local, zone):
    moment = local.replace(tzinfo=zone)
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    text = moment.isoformat()
    assert parse_ts(text, LATER_MS) == parse_ts(expected, LATER_MS) == expected
    assert parse_ts(text.replace("T", "t"), LATER_MS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-28T21:40:00Z", 1774734000000),
        ("2026-03-28t21:40:00z", 1774734000000),
        ("2026-03-29T03:25:00+05:45", 1774734000000),
        ("2026-03-28 21:40:00-00:00", 1774734000000),
        ("2026-03-28T21:40:00.9Z", 1774734000900),
        ("2026-03-28T21:40:00.0009999999Z", 1774734000000),
        ("2024-02-29T00:00:00Z", 1709164800000),
        ("2016-12-31T23:59:60Z", 1483228800000),
        ("2017-01-01T08:59:60.5+09:00", 1483228800500),
        ("2000-01-01T00:00:00Z", 946684800000),
    ],
)
def test_rfc_3339_is_read(text, expected):
    assert parse_ts(text, LATER_MS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-28T21:40:00", "2026-03-28T21:40:00.123", "2026-03-28", "2026-03-28 21:40:00",
    ],
)  # fmt: skip
def test_text_without_a_zone_is_not_guessed(text):
    assert reason(text) == DeadReason.TS_WITHOUT_ZONE


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "28.03.2026", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-03-28T24:00:00Z", "2026-03-28T21:60:00Z", "2026-03-28T21:40:61Z",
        "2026-03-28T12:00:60Z", "2026-03-28T21:40Z", "2026-03-28T21:40:00+0545",
        "2026-03-28T21:40:00+24:00", "2026-W13-6T21:40:00Z", "20260328T214000Z",
        " 2026-03-28T21:40:00Z", "2026-03-28T21:40:00Z\n", "٢٠٢٦-03-28T21:40:00Z",
        "1999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-03-28T21:40:00Europe/London",
    ],
)  # fmt: skip
def test_text_that_is_no_rfc_3339_is_invalid(text):
    assert reason(text) == DeadReason.TS_INVALID


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-1, DeadReason.TS_NEGATIVE),
        (0, DeadReason.TS_SECONDS),
        (946_684_799_999, DeadReason.TS_SECONDS),
        (4_102_444_800_001, DeadReason.TS_MICROSECONDS),
        (10**400, DeadReason.TS_MICROSECONDS),
        (True, DeadReason.WRONG_TYPE),
        (None, DeadReason.WRONG_TYPE),
        (1.5e12, DeadReason.WRONG_TYPE),
        ([], DeadReason.WRONG_TYPE),
    ],
)
def test_numbers_that_are_no_milliseconds_are_refused(value, expected):
    assert reason(value) == expected


def test_the_bounds_themselves_are_milliseconds():
    assert parse_ts(946_684_800_000, LATER_MS) == 946_684_800_000
    assert parse_ts(4_102_444_800_000, LATER_MS) == 4_102_444_800_000


def test_a_time_may_be_a_day_past_its_record_and_no_more():
    now_ms = 1_780_000_000_000
    assert parse_ts(now_ms + DAY_MS, now_ms) == now_ms + DAY_MS
    assert reason(now_ms + DAY_MS + 1, now_ms) == DeadReason.TS_FUTURE
    assert reason("2099-01-01T00:00:00Z", now_ms) == DeadReason.TS_FUTURE


def test_the_sentence_names_the_field_that_was_asked_for():
    with pytest.raises(Fault) as raised:
        parse_ts("soon", LATER_MS, field="signup_ts")
    assert raised.value.sentence.startswith("signup_ts")
