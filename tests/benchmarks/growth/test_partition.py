"""The traffic of the users axis is the same for any number of users."""

from __future__ import annotations

import msgspec

from benchmarks.growth.partition import traffic
from benchmarks.growth.seed import SITUATIONS

EVENTS = 3_000


def bodies(users: int) -> tuple[list[dict[str, object]], list[int]]:
    found, who = [], []
    for record in traffic(EVENTS, users):
        body = msgspec.json.decode(record.value or b"")
        assert record.key == body["user_id"].encode()
        who.append(int(body.pop("user_id")[1:]))
        found.append(body)
    return found, who


def test_only_who_they_are_about_differs_between_numbers_of_users() -> None:
    few, who_few = bodies(10_000)
    many, who_many = bodies(200_000)
    assert few == many
    assert len(few) == EVENTS
    assert max(who_few) < 10_000 < max(who_many) < 200_000


def test_a_visitor_has_the_situation_that_the_stream_tells_of_them() -> None:
    _, few = bodies(10_000)
    _, many = bodies(200_000)
    assert [n % SITUATIONS for n in few] == [n % SITUATIONS for n in many]
    assert len(set(few)) == len(set(many))
