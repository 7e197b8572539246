from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.due import DAY_MS, EVENING_MS, Person, candidate_set, due_users

from schemas.vocabulary import EventType, PushStatus
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.diversity import RULES, diversify
from streams.pipeline.allocate.ranking import ranked, worth
from streams.settings import Settings

SENT, FAILED = PushStatus.SENT, PushStatus.FAILED
POTS, TENTS = 11, 22
NOTHING = Shared(None, Catalogue())


def scene(pushed, diversity, h=(0.5, 0.4), status=SENT, days=1):
    """Two candidates, a pot and a tent; what was pushed is pots or tents."""
    due = due_users(Person(pushes=[(EVENING_MS - days * DAY_MS, 7, status) for _ in pushed]))
    due.state.pushes.data["category"] = np.array(pushed, np.uint64)
    pairs = candidate_set((0, 1, h[0], 0.5), (0, 2, h[1], 0.5))
    pairs.category = np.array([POTS, TENTS], np.uint64)
    return diversify(due, pairs, NOTHING, Settings(diversity=diversity))


def test_without_the_setting_nothing_changes():
    found = scene([POTS], 0.0)
    assert found.penalty is None
    assert ranked(found, 1) == [[0, 1]]


def test_after_pots_alone_a_tent_comes_first():
    found = scene([POTS, POTS], 0.5)
    assert found.penalty.tolist() == [0.5, 0.0]
    assert ranked(found, 1) == [[1, 0]]


def test_the_penalty_is_the_share_among_the_pushes():
    assert scene([POTS, TENTS, TENTS, TENTS], 1.0).penalty.tolist() == [0.25, 0.75]


def test_what_is_much_better_still_wins():
    assert ranked(scene([POTS], 0.3, h=(0.9, 0.2)), 1) == [[0, 1]]


@pytest.mark.parametrize(("status", "days"), [(FAILED, 1), (SENT, 8)])
def test_failed_and_old_pushes_are_no_matter(status, days):
    assert scene([POTS], 1.0, status=status, days=days).penalty.tolist() == [0.0, 0.0]


@given(st.lists(st.sampled_from([POTS, TENTS, 0]), max_size=8), st.floats(0, 1))
def test_worth_stays_between_nothing_and_the_probability(pushed, diversity):
    found = scene(pushed, diversity)
    assert (worth(found) <= found.h).all()
    assert (worth(found) >= 0).all()


def test_users_are_punished_for_their_own_pushes_alone():
    pots = Person(pushes=[(EVENING_MS - DAY_MS, 7, SENT)])
    due = due_users(pots, Person())
    due.state.pushes.data["category"] = np.uint64(POTS)
    pairs = candidate_set((0, 1, 0.5, 0.5), (1, 1, 0.5, 0.5))
    pairs.category = np.array([POTS, POTS], np.uint64)
    assert diversify(due, pairs, NOTHING, Settings(diversity=0.4)).penalty.tolist() == [0.4, 0.0]
    alone = diversify(
        due.take(np.array([1])), pairs.take(np.array([0])), NOTHING, Settings(diversity=0.4)
    )
    assert msgspec.msgpack.encode(alone.penalty.tolist()) == msgspec.msgpack.encode([0.0])


def test_rules_take_their_shares_one_after_the_other():
    due = due_users(Person(pushes=[(EVENING_MS - DAY_MS, 7, SENT)]))
    due.state.pushes.data["category"] = np.uint64(POTS)
    pairs = candidate_set((0, 1, 0.5, 0.5), (0, 2, 0.4, 0.5))
    pairs.category = np.array([POTS, TENTS], np.uint64)
    due.state.events = due_users(
        Person(events=[(EVENING_MS - 1, EventType.VIEW, 1, 1)])
    ).state.events
    both = Settings(diversity=0.5, novelty=0.4)
    assert diversify(due, pairs, NOTHING, both).penalty.tolist() == [0.5 + 0.4 - 0.2, 0.0]


def test_every_rule_has_a_setting_that_is_off():
    assert all(getattr(Settings(), name) == 0.0 for name, _ in RULES)
