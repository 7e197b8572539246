from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, EVENING_MS, HOUR_MS, Person, due_users, texts

from models.sendtime import NOTHING_KNOWN
from schemas.vocabulary import PushStatus, StopReason
from streams.pipeline.policy import screen
from streams.settings import Settings

PUBLISHED = PushStatus.PUBLISHED
NOON_MS = EVENING_MS - 11 * HOUR_MS
OPEN = Settings(quiet_start="00:00", quiet_end="00:00", min_gap_ms=0)


def screened(*people, settings=OPEN):
    return screen(due_users(*people), settings, texts, NOTHING_KNOWN)


def test_the_first_rule_that_stops_wins():
    spent = [(NOON_MS, 1, PUBLISHED)] * 3
    night = Settings(consent_default="denied", candidate_life_ms=HOUR_MS)
    people = [
        Person(consent="denied", pushes=spent),
        Person(consent=None, pushes=spent),
        Person(pushes=spent),
        Person(now_ms=NOON_MS, pushes=spent),
        Person(now_ms=NOON_MS, pushes=spent[:1]),
        Person(now_ms=NOON_MS),
    ]
    _, stopped = screened(*people, settings=night)
    assert [(stop.due, stop.reason, stop.rule) for stop in stopped] == [
        (0, StopReason.NO_CONSENT, "consent"),
        (1, StopReason.NO_CONSENT, "consent"),
        (2, StopReason.QUIET_HOURS, "quiet_hours"),
        (3, StopReason.CAP_REACHED, "cap"),
        (4, StopReason.MIN_GAP, "min_gap"),
    ]


def test_every_stop_carries_its_numbers():
    spent = [(NOON_MS, 1, PUBLISHED)] * 3
    _, stopped = screened(
        Person(consent=None),
        Person(pushes=[(NOON_MS + 1000, 1, PUBLISHED)], now_ms=NOON_MS),
        Person(pushes=spent, now_ms=NOON_MS),
        settings=Settings(quiet_start="00:00", quiet_end="00:00"),
    )
    assert stopped[0].numbers == {"consent": "default_denied", "consent_default": "denied"}
    assert stopped[1].numbers == {
        "gap_ms": 1000, "min_gap_ms": HOUR_MS, "nearest_ms": NOON_MS + 1000,
        "send_after_ms": NOON_MS,
    }  # fmt: skip
    assert stopped[2].numbers == {"cap_used": 3, "cap_limit": 3, "send_after_ms": NOON_MS}


def test_the_view_covers_silenced_rows_too():
    view, stopped = screened(
        Person(consent="denied", pushes=[(EVENING_MS, 1, PUBLISHED)]),
        Person(timezone="Europe/London"),
        settings=Settings(),
    )
    assert [stop.due for stop in stopped] == [0]
    assert view.consent == ["denied", "granted"]
    assert view.zone == ["UTC", "Europe/London"]
    assert view.shifted.tolist() == [True, True]
    assert view.cap_used.tolist() == [1, 0]


def test_nobody_due_is_no_trouble():
    view, stopped = screened()
    assert (len(view.zone), view.send_after_ms.dtype, stopped) == (0, np.int64, [])


def test_a_shifted_push_counts_where_it_will_be_sent():
    """The cap is full now, but not any more when quiet hours end."""
    spent = [(EVENING_MS - 23 * HOUR_MS, 1, PUBLISHED)] * 3
    view, stopped = screened(Person(pushes=spent), settings=Settings())
    assert stopped == []
    assert view.cap_used.tolist() == [0]


def test_a_push_planned_for_later_counts_as_well():
    later = [(EVENING_MS + 23 * HOUR_MS, 1, PUBLISHED)] * 3
    _, stopped = screened(Person(pushes=later))
    assert stopped[0].reason == StopReason.CAP_REACHED


def test_a_cap_of_zero_silences_everybody():
    _, stopped = screened(Person(), settings=Settings(cap_per_day=0, quiet_end="22:00"))
    assert stopped[0].numbers["cap_limit"] == 0


def test_a_push_that_never_reached_anybody_does_not_count():
    failed = [(EVENING_MS, 1, PushStatus.FAILED), (EVENING_MS, 1, PushStatus.CANCELLED)] * 3
    view, stopped = screened(Person(pushes=failed))
    assert stopped == []
    assert view.cap_used.tolist() == [0]


@given(
    steps=st.lists(st.integers(0, 12 * 60), min_size=1, max_size=40),
    cap=st.integers(0, 4),
    gap_min=st.integers(0, 300),
    quiet=st.sampled_from([("22:00", "08:00"), ("00:00", "00:00"), ("09:00", "10:00")]),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu"]),
)
def test_no_day_ever_holds_more_than_the_cap_and_no_two_are_too_close(
    steps, cap, gap_min, quiet, zone
):
    """Law 6 over a whole life; some pushes lie ahead because quiet hours moved them."""
    settings = Settings(
        cap_per_day=cap, min_gap_ms=gap_min * 60_000, quiet_start=quiet[0], quiet_end=quiet[1],
        candidate_life_ms=2 * DAY_MS,
    )  # fmt: skip
    now_ms, pushes = EVENING_MS - 3 * DAY_MS, []
    for step in steps:
        now_ms += step * 60_000
        view, stopped = screened(
            Person(now_ms=now_ms, timezone=zone, pushes=pushes), settings=settings
        )
        if not stopped:
            pushes = [*pushes, (int(view.send_after_ms[0]), 1, PUBLISHED)]
    times = sorted(at_ms for at_ms, _, _ in pushes)
    assert all(sum(t <= other < t + DAY_MS for other in times) <= cap for t in times)
    assert all(b - a >= settings.min_gap_ms for a, b in itertools.pairwise(times))
    assert bool(times) == bool(cap)
