from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.due import (
    EVENING_MS,
    Person,
    candidate_set,
    due_users,
    no_candidates,
    texts,
)

from models.sendtime import NOTHING_KNOWN
from schemas.tables import Stopped
from schemas.vocabulary import EventType, PushStatus, StopReason
from streams.pipeline.allocate import allocate
from streams.pipeline.policy import screen
from streams.settings import Settings

OPEN = Settings(quiet_start="00:00", quiet_end="00:00")
BUYER = Person(events=[(EVENING_MS, EventType.PURCHASE, 5, 1)])


def allocated(*people, pairs, settings=OPEN, silenced=()):
    due = due_users(*people)
    view, _ = screen(due, settings, texts, NOTHING_KNOWN)
    ids = [uuid.UUID(int=row + 1) for row in range(len(due))]
    candidates = candidate_set(*pairs) if pairs else no_candidates()
    return allocate(due, candidates, view, settings, ids, silenced)


def test_the_best_allowed_candidate_wins():
    pairs = [(0, 5, 0.9, 0.1), (0, 6, 0.3, 0.1), (0, 7, 0.8, 0.1), (1, 5, 0.1, 0.1)]
    choices, stopped, stopped_by = allocated(BUYER, Person(), pairs=pairs)
    assert [(c.due, c.candidate, c.propensity, c.arm) for c in choices] == [
        (0, 2, 1.0, "best"),
        (1, 3, 1.0, "best"),
    ]
    assert stopped == []
    assert stopped_by == ["recently_bought", None, None, None]


def test_without_candidates_there_is_nothing_to_say():
    _, stopped, _ = allocated(Person(), pairs=[])
    assert stopped == [Stopped(0, StopReason.NO_CANDIDATES, "candidates", {"candidates": 0})]


def test_silenced_rows_are_not_asked_again():
    silence = [Stopped(1, StopReason.NO_CONSENT, "consent", {})]
    choices, stopped, _ = allocated(
        Person(), Person(), Person(), pairs=[(2, 5, 0.5, 0.5)], silenced=silence
    )
    assert [stop.due for stop in stopped] == [0]
    assert [choice.due for choice in choices] == [2]


def test_the_rule_that_stopped_most_is_the_reason():
    pushed = [(EVENING_MS, 6, PushStatus.SENT)]
    person = Person(events=BUYER.events, pushes=pushed)
    pairs = [(0, 5, 0.9, 0.5), (0, 6, 0.9, 0.5), (0, 7, 0.1, 0.5), (0, 8, 0.1, 0.5)]
    settings = Settings(quiet_start="00:00", quiet_end="00:00", min_probability=0.5, min_gap_ms=0)
    _, stopped, stopped_by = allocated(person, pairs=pairs, settings=settings)
    assert stopped_by == ["recently_bought", "recently_pushed", *["below_threshold"] * 2]
    assert stopped == [
        Stopped(
            0,
            StopReason.BELOW_THRESHOLD,
            "below_threshold",
            {"candidates": 4, "recently_pushed": 1, "recently_bought": 1, "below_threshold": 2},
        )
    ]


def test_of_rules_that_stopped_equally_many_the_first_in_order_is_the_reason():
    person = Person(events=BUYER.events, pushes=[(EVENING_MS, 6, PushStatus.SENT)])
    _, stopped, _ = allocated(person, pairs=[(0, 5, 0.9, 0.5), (0, 6, 0.9, 0.5)])
    assert stopped[0].reason == StopReason.RECENTLY_PUSHED


def test_of_several_rules_that_stop_an_item_the_first_is_named():
    person = Person(events=BUYER.events, pushes=[(EVENING_MS, 5, PushStatus.SENT)])
    settings = Settings(min_probability=0.95)
    _, _, stopped_by = allocated(person, pairs=[(0, 5, 0.9, 0.5)], settings=settings)
    assert stopped_by == ["recently_pushed"]


def test_a_holdout_names_what_it_did_not_say():
    settings = Settings(quiet_start="00:00", quiet_end="00:00", holdout_share=1.0)
    choices, stopped, _ = allocated(
        BUYER, pairs=[(0, 5, 0.9, 0.5), (0, 6, 0.7, 0.5)], settings=settings
    )
    assert choices == []
    assert stopped == [
        Stopped(
            0,
            StopReason.HOLDOUT,
            "holdout",
            {"holdout_share": 1.0, "item": f"{6:016x}", "score": 0.7},
        )
    ]


@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9), st.floats(0, 1)), max_size=40),
    explore=st.floats(0, 1),
    holdout=st.floats(0, 1),
    least=st.floats(0, 1),
)
def test_every_row_ends_with_exactly_one_choice_or_one_stop(rows, explore, holdout, least):
    rows.sort(key=lambda row: row[0])
    settings = Settings(explore_share=explore, holdout_share=holdout, min_probability=least)
    people = [BUYER] + [Person()] * 5
    pairs = [(due, item, h, 0.5) for due, item, h in rows]
    choices, stopped, stopped_by = allocated(*people, pairs=pairs, settings=settings)
    ends = [choice.due for choice in choices] + [stop.due for stop in stopped]
    assert sorted(ends) == list(range(6))
    for choice in choices:
        assert pairs[choice.candidate][0] == choice.due
        assert stopped_by[choice.candidate] is None
        assert 0 < choice.propensity <= 1


def test_an_exploring_decision_takes_another_of_the_best_five():
    settings = Settings(quiet_start="00:00", quiet_end="00:00", explore_share=1.0)
    pairs = [(0, item, 1 - item / 10, 0.5) for item in range(1, 10)]
    choices, _, _ = allocated(Person(), pairs=pairs, settings=settings)
    assert choices[0].arm == "explore"
    assert choices[0].candidate in range(1, 5)
    assert choices[0].propensity == pytest.approx(0.25)
