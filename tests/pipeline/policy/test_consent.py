from __future__ import annotations

import pytest
from support.due import Person, due_users

from streams.pipeline.policy.consent import consents
from streams.settings import Settings


@pytest.mark.parametrize(
    ("told", "default", "expected"),
    [
        ("granted", "denied", "granted"),
        ("denied", "granted", "denied"),
        (None, "denied", "default_denied"),
        (None, "granted", "default_granted"),
        ("", "granted", "default_granted"),
        ("", "denied", "default_denied"),
        ("perhaps", "denied", "default_denied"),
    ],
)
def test_what_the_user_said_wins_over_the_default(told, default, expected):
    due = due_users(Person(consent="granted"), Person(consent=told), Person(consent="denied"))
    found = consents(due.state, Settings(consent_default=default))
    assert found == ["granted", expected, "denied"]
