"""Pushes that can wait go out when the user is likely to be there."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, EVENING_MS, HOUR_MS, Person, due_users, texts

from models.sendtime import ActivityModel
from schemas.globals import Activity
from schemas.vocabulary import PushStatus, TriggerKind
from streams.pipeline.policy import screen
from streams.settings import Settings

NOON_MS = EVENING_MS - 11 * HOUR_MS + 10 * 60_000  # 12:00 in London
EVENINGS = np.full(24, 0.01)
EVENINGS[19] = 1.0
MODEL = ActivityModel.decode(
    Activity(
        segments=EVENINGS.astype("<f4").tobytes(),
        shares=np.ones(1, "<f4").tobytes(),
        own_strength=5.0,
        segment_strength=20.0,
    )
)
ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
people = st.builds(
    Person,
    now_ms=st.integers(EVENING_MS - 3 * DAY_MS, EVENING_MS + 3 * DAY_MS),
    timezone=st.sampled_from(ZONES),
    kind=st.sampled_from(list(TriggerKind)),
    pushes=st.lists(
        st.tuples(
            st.integers(EVENING_MS - 4 * DAY_MS, EVENING_MS + 4 * DAY_MS),
            st.just(1),
            st.just(PushStatus.SENT),
        ),
        max_size=4,
    ),
)


def view_of(*who, **changes):
    return screen(due_users(*who), Settings(**changes), texts, MODEL)


def test_a_follow_up_waits_for_the_evening_and_a_cart_does_not():
    london = {"timezone": "Europe/London", "now_ms": NOON_MS}
    view, _ = view_of(
        Person(kind=TriggerKind.FOLLOW_UP, **london), Person(kind=TriggerKind.CART_LEFT, **london)
    )
    sent = datetime.fromtimestamp(view.send_after_ms[0] / 1000, ZoneInfo("Europe/London"))
    assert (sent.hour, sent.minute) == (19, 0)
    assert view.timed.tolist() == [True, False]
    assert view.send_after_ms[1] == NOON_MS


def test_with_the_rule_now_nothing_waits():
    person = Person(kind=TriggerKind.FOLLOW_UP, now_ms=NOON_MS, timezone="Europe/London")
    view, _ = view_of(person, send_time="now")
    assert view.send_after_ms.tolist() == [NOON_MS]
    assert not view.timed.any()


@given(st.lists(people, min_size=1, max_size=4))
def test_a_better_moment_is_never_one_that_a_rule_forbids(who):
    settings = Settings(quiet_start="22:00", quiet_end="08:00")
    view, stopped = view_of(*who)
    spoken = set(range(len(who))) - {stop.due for stop in stopped}
    for row in spoken:
        begins, ends = int(view.send_after_ms[row]), int(view.expires_ms[row])
        assert who[row].now_ms <= begins < ends <= who[row].now_ms + settings.candidate_life_ms
        for at_ms in (begins, ends - 1):
            hour = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(view.zone[row])).hour
            assert 8 <= hour < 22
        for at_ms, _, _ in who[row].pushes:
            assert abs(at_ms - begins) >= settings.min_gap_ms


@given(st.lists(people, min_size=1, max_size=4))
def test_waiting_silences_nobody_who_would_be_spoken_to_at_once(who):
    waits, now = (view_of(*who, send_time=rule)[1] for rule in ("profile", "now"))
    assert {(s.due, s.reason) for s in waits} <= {(s.due, s.reason) for s in now}


@given(st.lists(people, min_size=2, max_size=4))
def test_a_users_moment_does_not_depend_on_who_else_is_due(who):
    together = view_of(*who)[0].send_after_ms.tolist()
    assert together == [int(view_of(person)[0].send_after_ms[0]) for person in who]
