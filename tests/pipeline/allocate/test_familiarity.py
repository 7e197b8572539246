from __future__ import annotations

import numpy as np
from support.due import EVENING_MS, Person, candidate_set, due_users

from schemas.vocabulary import EventType
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.familiarity import OF_CATEGORY, share

NOTHING = Shared(None, Catalogue())


def test_a_known_item_is_no_discovery_one_of_a_known_category_half_of_one():
    seen = Person(events=[(EVENING_MS - 1, EventType.VIEW, 5, 1)])
    due = due_users(seen, Person())
    due.state.events.data["category"] = np.uint64(11)
    pairs = candidate_set(*((row, item, 0.5, 0.5) for row in (0, 1) for item in (5, 6, 7)))
    pairs.category = np.array([11, 11, 22] * 2, np.uint64)
    assert share(due, pairs, NOTHING).tolist() == [1.0, OF_CATEGORY, 0.0, 0.0, 0.0, 0.0]


def test_no_category_is_not_a_known_one():
    due = due_users(Person(events=[(EVENING_MS - 1, EventType.VIEW, 5, 1)]))
    pairs = candidate_set((0, 6, 0.5, 0.5))
    pairs.category = np.zeros(1, np.uint64)
    assert share(due, pairs, NOTHING).tolist() == [0.0]
