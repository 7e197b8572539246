from __future__ import annotations

from dataclasses import replace

from support.due import EVENING_MS, Person, due_users

from schemas.ids import decision_id
from schemas.vocabulary import TriggerKind
from streams.pipeline.publish import decision_ids
from streams.settings import Settings


def test_an_event_is_named_by_its_hash_and_a_timer_by_when_it_was_due():
    due = due_users(
        Person(kind=TriggerKind.FAVOURITE), Person(kind=TriggerKind.CART_LEFT, due_ms=EVENING_MS)
    )
    zero, one = (k.to_bytes(16, "big").hex() for k in range(2))
    assert decision_ids(due, Settings(tenant="t")) == [
        decision_id("t", zero, "favourite", f"{1:016x}", 0),
        decision_id("t", one, "cart_left", str(EVENING_MS), 0),
    ]


def test_everything_that_makes_a_decision_another_makes_its_id_another():
    due = due_users(Person(), Person())
    timer = replace(due, due_ms=due.due_ms + 2)
    kind = replace(due, kind=due.kind + 1)
    cause = replace(due, cause=due.cause + 2)
    shop = Settings(tenant="another")
    ids = [decision_ids(each, Settings()) for each in (due, timer, kind, cause)]
    found = [one for pair in [*ids, decision_ids(due, shop)] for one in pair]
    assert len(set(found)) == 10


def test_the_time_at_which_it_is_decided_is_no_part_of_the_id():
    due = due_users(Person())
    later = replace(due, now_ms=due.now_ms + 1, pos=due.pos + 1)
    assert decision_ids(due, Settings()) == decision_ids(later, Settings())
