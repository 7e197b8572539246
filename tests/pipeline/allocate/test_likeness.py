from __future__ import annotations

import json

import numpy as np
import pytest
from support.due import DAY_MS, EVENING_MS, Person, candidate_set, due_users

from schemas.ids import hash64
from schemas.vocabulary import PushStatus
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.likeness import share


def shop(**embeddings):
    catalogue = Catalogue()
    for item, embedding in embeddings.items():
        body = {"item_id": item, "ts": EVENING_MS, "embedding": embedding}
        assert catalogue.apply(item.encode(), json.dumps(body).encode(), 0) is None
    return Shared(None, catalogue)


def shares(shared, pushed, offered, days=1):
    pushes = [(EVENING_MS - days * DAY_MS, hash64(item), PushStatus.SENT) for item in pushed]
    due = due_users(Person(pushes=pushes))
    pairs = candidate_set(*((0, hash64(item), 0.5, 0.5) for item in offered))
    found = share(due, pairs, shared)
    again = share(due, pairs.take(np.array([0])), shared)
    assert again[0] == found[0], "alone or beside others"
    return found.tolist()


def test_the_likest_recent_push_counts():
    shared = shop(pot=[2.0, 0.0], pan=[0.0, 3.0], wok=[1.0, 1.0], tent=[-1.0, 0.0])
    assert shares(shared, ["pot", "pan"], ["wok"]) == [pytest.approx(np.sqrt(0.5))]
    assert shares(shared, ["pot"], ["pot", "pan", "tent"]) == [pytest.approx(1.0), 0.0, 0.0]


def test_old_pushes_unknown_items_and_other_lengths_are_like_nothing():
    shared = shop(pot=[1.0, 0.0], pan=[1.0, 0.0], tent=[1.0], zero=[0.0, 0.0])
    assert shares(shared, ["pot"], ["pan"], days=8) == [0.0]
    assert shares(shared, [], ["pan"]) == [0.0]
    assert shares(shared, ["pot"], ["tent", "zero", "nobody knows", "pan"])[:3] == [0.0] * 3


def test_a_new_version_has_its_own_embedding():
    shared = shop(pot=[1.0, 0.0], pan=[1.0, 0.0])
    assert shares(shared, ["pot"], ["pan"]) == [1.0]
    body = {"item_id": "pan", "ts": EVENING_MS + 1, "embedding": [0.0, 1.0]}
    assert shared.catalogue.apply(b"pan", json.dumps(body).encode(), 0) is None
    assert shares(shared, ["pot"], ["pan"]) == [0.0]
