from __future__ import annotations

import numpy as np
import pytest
from support.due import DAY_MS, EVENING_MS, Person, candidate_set, due_users

from schemas.vocabulary import EventType, PushStatus
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.category_mix import share

NOTHING = Shared(None, Catalogue())
POTS, TENTS, BOATS = 11, 22, 33


def over(liked, pushed, category=(POTS, TENTS, BOATS, 0)):
    person = Person(
        events=[(EVENING_MS - n - 1, EventType.VIEW, 5, 1) for n in range(len(liked))],
        pushes=[(EVENING_MS - DAY_MS, 7, PushStatus.SENT) for _ in pushed],
    )
    due = due_users(person)
    due.state.events.data["category"] = np.array(liked, np.uint64)
    due.state.pushes.data["category"] = np.array(pushed, np.uint64)
    pairs = candidate_set(*((0, n, 0.5, 0.5) for n in range(len(category))))
    pairs.category = np.array(category, np.uint64)
    return share(due, pairs, NOTHING).tolist()


def test_what_is_pushed_beyond_its_share_of_interest_gives_way():
    """Three looks of four are at pots: one more pot after a pot is one quarter too much."""
    found = over([POTS, POTS, POTS, TENTS], [POTS])
    assert found == [pytest.approx(0.25), pytest.approx(0.25), pytest.approx(0.5), 0.0]


def test_what_is_behind_its_share_costs_nothing():
    assert over([POTS, TENTS], [TENTS, TENTS, TENTS])[0] == 0.0


def test_without_interests_there_is_no_mix_to_keep():
    assert over([], [POTS, POTS]) == [0.0] * 4
    assert over([0, 0], [POTS]) == [0.0] * 4
