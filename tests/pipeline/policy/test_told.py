from __future__ import annotations

import pytest
from support.due import Person, due_users, named, texts

from schemas.vocabulary import ContextField, PushStatus
from streams.pipeline.policy.told import counted_times, is_zone, known_texts, last_known


def zones(*people):
    state = due_users(*people).state
    return known_texts(state, ContextField.TIMEZONE, texts, "UTC", valid=is_zone)


def test_each_user_has_the_zone_they_told():
    people = [Person(timezone="Asia/Tokyo"), Person(), Person(timezone="Europe/Rome")]
    assert zones(*people) == ["Asia/Tokyo", "UTC", "Europe/Rome"]


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "a\0b"]
)
def test_a_zone_that_does_not_exist_was_not_told(name):
    assert zones(Person(timezone=name)) == ["UTC"]


def test_a_cleared_zone_was_not_told():
    assert zones(Person(timezone="")) == ["UTC"]


def test_a_hash_without_text_was_not_told():
    state = due_users(Person(timezone="Asia/Tokyo")).state
    assert known_texts(state, ContextField.TIMEZONE, lambda _: None, "UTC", valid=is_zone) == [
        "UTC"
    ]


def test_the_last_known_value_is_read_per_field():
    state = due_users(Person(locale="de"), Person(consent=None)).state
    assert last_known(state, ContextField.LOCALE).tolist() == [named("de"), 0]
    assert last_known(state, ContextField.DEVICE).tolist() == [0, 0]


def test_only_pushes_that_disturbed_or_still_may_count():
    pushes = [(int(status), 1, status) for status in PushStatus]
    times = counted_times(due_users(Person(), Person(pushes=pushes[::-1])).state)
    silent = {PushStatus.EXPIRED, PushStatus.SKIPPED, PushStatus.FAILED, PushStatus.CANCELLED}
    assert times == [[], [int(status) for status in PushStatus if status not in silent]]
