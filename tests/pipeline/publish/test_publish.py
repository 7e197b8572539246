"""Every decision has one projection, in one order, and a row in the journal if it is a push."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, EVENING_MS, Person, due_users
from support.publishing import (
    GRANTED,
    KETTLE,
    LONDONER,
    MYSTERY,
    STRUCTS,
    TEAPOT,
    check_records,
    decide,
    resources,
    tell,
)

from schemas.vocabulary import PushStatus, TriggerKind
from streams.pipeline.publish import decision_ids, publish
from streams.settings import Settings


def test_the_journal_row_says_what_was_published():
    told = tell(Person(consent="denied"), LONDONER, pairs=[(1, KETTLE, 0.25, 1.0)])
    (push,) = told.published.pushes
    (record,) = told.records("recommendations")
    assert told.published.due.tolist() == [1]
    number = int(push["id_hi"]) << 64 | int(push["id_lo"])
    assert str(UUID(int=number)) == record["recommendation_id"]
    assert push["item"] == KETTLE
    assert push["at_ms"] == told.decided.view.send_after_ms[1]
    assert push["expires_ms"] == told.decided.view.expires_ms[1]
    assert push["created_ms"] == EVENING_MS
    assert (push["kind"], push["status"]) == (TriggerKind.CART_LEFT, PushStatus.PUBLISHED)


def test_only_recommendations_carry_the_subscriber():
    told = tell(LONDONER, Person(consent="denied"), pairs=[(0, KETTLE, 0.25, 1.0)])
    for key, output in told.published.outputs:
        if output.topic == "recommendations":
            assert output.key == b"user-0"
        else:
            assert output.key == key.pseudonym.hex().encode()
            assert b"user-" not in output.value


def test_outputs_sort_by_position_then_timers_then_user():
    people = [
        Person(pos=2, kind=TriggerKind.FAVOURITE),
        Person(pos=2, due_ms=EVENING_MS),
        Person(pos=1, kind=TriggerKind.FAVOURITE),
    ]
    told = tell(*people, pairs=[])
    ordered = sorted(told.published.outputs, key=lambda pair: pair[0])
    assert [(key.pos, key.phase, key.seq) for key, _ in ordered] == [
        (1, 1, 0), (1, 1, 1), (2, 0, 0), (2, 0, 1), (2, 1, 0), (2, 1, 1),
    ]  # fmt: skip


def test_a_row_without_a_verdict_is_a_bug():
    decided = decide(due_users(Person()), [], GRANTED)
    with pytest.raises(ValueError, match="1 due rows"):
        publish(replace(decided, stopped=[]), GRANTED, resources())
    with pytest.raises(ValueError, match="1 due rows"):
        publish(replace(decided, stopped=decided.stopped * 2), GRANTED, resources())


PEOPLE = st.builds(
    Person,
    now_ms=st.integers(EVENING_MS, EVENING_MS + 3 * DAY_MS),
    consent=st.sampled_from([None, "granted", "denied"]),
    timezone=st.sampled_from([None, "Europe/London", "Asia/Kathmandu"]),
    kind=st.sampled_from([kind for kind in TriggerKind if kind != TriggerKind.RETRACT]),
    pushes=st.lists(
        st.tuples(st.just(EVENING_MS), st.just(KETTLE), st.sampled_from(PushStatus)), max_size=4
    ),
)
PAIRS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([KETTLE, TEAPOT, MYSTERY]),
        st.floats(0, 1),
        st.floats(0, 1),
    ),
    max_size=12,
)


@given(
    people=st.lists(PEOPLE, min_size=4, max_size=4),
    pairs=PAIRS,
    mode=st.sampled_from(["live", "shadow"]),
    share=st.sampled_from([0.0, 0.5]),
)
def test_every_decision_has_exactly_one_projection_and_the_counters_add_up(
    people, pairs, mode, share
):
    """Law 4, and the schema of every record."""
    settings = Settings(
        publish=mode, holdout_share=share, explore_share=share, consent_default="granted"
    )
    told = tell(*people, pairs=sorted(pairs, key=lambda pair: pair[0]), settings=settings)
    check_records(told)
    decisions, spoken, silent = (told.records(topic) for topic in STRUCTS)
    ids = [d["decision_id"] for d in decisions]
    assert ids == [str(identity) for identity in decision_ids(told.decided.due, settings)]
    projected = [r["recommendation_id"] for r in spoken] + [s["decision_id"] for s in silent]
    assert sorted(projected) == sorted(ids)
    reasons = Counter(told.published.outcomes)
    assert len(told.published.pushes) == len(spoken) + reasons["shadow"]
    assert reasons.pop(None, 0) == len(spoken)
    assert sum(reasons.values()) == len(silent) == 4 - len(spoken)
    for suppression in silent:
        reasons[suppression["reason"]] -= 1
    assert not any(reasons.values())
