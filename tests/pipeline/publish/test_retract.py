from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.due import DAY_MS, EVENING_MS, HOUR_MS, Person, due_users
from support.publishing import GRANTED, KETTLE, TEAPOT, decide, resources

from schemas.recommendation import Recommendation
from schemas.state import PUSH, Ragged
from schemas.vocabulary import EventType, PushStatus, TriggerKind
from streams.knowledge.catalogue import Catalogue
from streams.pipeline.publish import publish, retract
from streams.settings import Settings

MORNING_MS = EVENING_MS + 8 * HOUR_MS
ASK = TriggerKind.RETRACT
OUTSTANDING = [
    (EVENING_MS, KETTLE, PushStatus.PUBLISHED),
    (EVENING_MS, TEAPOT, PushStatus.PUBLISHED),
]
VALIDATOR = Draft202012Validator(msgspec.json.schema(Recommendation))


def retracted(*people, settings=GRANTED):
    """Without quiet hours: no push has to move."""
    settings = msgspec.structs.replace(settings, quiet_start="00:00", quiet_end="00:00")
    found = retract(due_users(*people), settings, resources(), Catalogue())
    values = [json.loads(output.value) for _, output in found.outputs]
    for value in values:
        VALIDATOR.validate(value)
    return found, values


def asking(**changes):
    return Person(**({"kind": ASK, "now_ms": MORNING_MS, "pushes": OUTSTANDING} | changes))


def test_a_purchase_takes_back_the_push_of_that_item_alone():
    bought = [(MORNING_MS, EventType.PURCHASE, TEAPOT, 1)]
    found, values = retracted(asking(item=TEAPOT, events=bought))
    assert found.marks == [(0, 1)]
    assert [value["items"][0]["item_id"] for value in values] == ["teapot"]
    assert values[0]["reason_codes"] == ["bought"]


def test_an_order_of_several_lines_takes_back_each_of_its_items():
    bought = [(MORNING_MS, EventType.PURCHASE, item, 1) for item in (KETTLE, TEAPOT)]
    found, _ = retracted(asking(item=KETTLE, events=bought))
    assert found.marks == [(0, 0), (0, 1)]


def test_withdrawn_consent_takes_back_all():
    found, values = retracted(asking(consent="denied"))
    assert found.marks == [(0, 0), (0, 1)]
    assert [value["reason_codes"] for value in values] == [["consent_withdrawn"]] * 2
    assert values[0]["policy"]["consent"] == "denied"


def test_consent_that_was_cleared_falls_back_to_the_default():
    assert retracted(asking(consent=""), settings=Settings())[0].marks == [(0, 0), (0, 1)]
    assert retracted(asking(consent=""), settings=GRANTED)[0].marks == []


STANDING = {
    PushStatus.PUBLISHED, PushStatus.SENT, PushStatus.DELIVERED, PushStatus.OPTED_OUT,
    PushStatus.RATING,
}  # fmt: skip
"""To be sent, on its way or in a tray, unless it was answered there."""


def test_only_what_may_still_be_seen_and_is_not_over_is_taken_back():
    pushes = [(EVENING_MS, KETTLE, status) for status in PushStatus]
    pushes.append((MORNING_MS - DAY_MS, KETTLE, PushStatus.PUBLISHED))
    found, _ = retracted(asking(consent="denied", pushes=pushes))
    assert found.marks == [(0, int(status)) for status in sorted(STANDING)]


def test_a_user_who_still_wants_it_keeps_it_and_nobody_else_is_asked():
    found, _ = retracted(asking(), asking(kind=TriggerKind.FAVOURITE, consent="denied"))
    assert (found.outputs, found.marks) == ([], [])


def test_a_cancel_names_the_push_as_it_was_published():
    """The journal row is all that is kept; it is enough."""
    person = Person(timezone="Europe/London", locale="en-GB", due_ms=EVENING_MS)
    decided = decide(due_users(person), [(0, KETTLE, 0.25, 1.0)], GRANTED)
    published = publish(decided, GRANTED, resources())
    (upsert,) = [json.loads(o.value) for _, o in published.outputs if o.topic == "recommendations"]
    due = due_users(replace(person, kind=ASK, now_ms=MORNING_MS, due_ms=-1, item=KETTLE))
    due.state.pushes = Ragged(published.pushes.astype(PUSH), np.array([0, 1]))
    found = retract(due, GRANTED, resources(), Catalogue())
    (cancel,) = [json.loads(output.value) for _, output in found.outputs]
    assert (upsert["action"], cancel["action"]) == ("upsert", "cancel")
    same = (
        "recommendation_id", "subscriber_id", "collapse_key", "created_at", "send_after",
        "expires_at", "thread_id", "template_id", "trigger", "locale", "tenant", "category",
    )  # fmt: skip
    assert {name: upsert[name] for name in same} == {name: cancel[name] for name in same}
    assert cancel["policy"]["cap_used"] == 0
    assert found.outputs[0][1].key == b"user-0"

    due.state.pushes.data["status"][found.marks[0][1]] = PushStatus.CANCELLED
    assert retract(due, GRANTED, resources(), Catalogue()).outputs == []


def test_a_cancel_goes_out_in_a_dry_run_too():
    shadow = Settings(publish="shadow")
    assert len(retracted(asking(consent="denied"), settings=shadow)[1]) == 2


@given(st.lists(st.sampled_from(PushStatus), max_size=6), st.sampled_from(["granted", "denied"]))
def test_each_mark_has_one_cancel(statuses, consent):
    pushes = [(EVENING_MS, KETTLE, status) for status in statuses]
    found, values = retracted(asking(consent=consent, pushes=pushes))
    expected = sum(status in STANDING for status in statuses) if consent == "denied" else 0
    assert len(set(found.marks)) == len(values) == expected
    keys = [key for key, _ in found.outputs]
    assert keys == sorted(set(keys))
