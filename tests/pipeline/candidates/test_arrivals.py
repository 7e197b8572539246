from __future__ import annotations

import numpy as np
import pytest

from schemas.ids import hash64
from schemas.vocabulary import EventType
from streams.pipeline.candidates.arrivals import SOURCE
from streams.settings import Settings


def arrival(build, name, age_h, **more):
    return {"item_id": name, "created_ts": build.now_ms - age_h * build.hour_ms} | more


def test_an_arrival_loses_half_its_score_in_a_week_and_is_no_news_after_a_month(build):
    shared = build.shared(
        catalogue=[
            arrival(build, "a", 0),
            arrival(build, "b", 7 * 24),
            arrival(build, "c", 31 * 24),
            arrival(build, "tomorrow", -24),
        ]
    )
    found = build.rows(SOURCE.propose(build.due([[]]), shared, Settings()))
    assert found == {
        (0, hash64("a")): pytest.approx(0.15),
        (0, hash64("b")): pytest.approx(0.075),
    }


def test_each_user_sees_what_is_new_at_the_time_of_the_own_decision(build):
    shared = build.shared(catalogue=[arrival(build, "a", 1), arrival(build, "b", 2)])
    due = build.due([[], []])
    due.now_ms = np.array([build.now_ms, build.now_ms - int(1.5 * build.hour_ms)])
    found = SOURCE.propose(due, shared, Settings(candidates_per_source=1))
    assert found.item.tolist() == [hash64("a"), hash64("b")]


def test_without_a_catalogue_the_learner_says_what_is_new(build):
    shared = build.shared(arrivals={"a": 0.8, "b": 0.4}, categories={"a": "c1"})
    due = build.due([[("b", EventType.PURCHASE, 1)]])
    found = SOURCE.propose(due, shared, Settings())
    assert build.rows(found) == {(0, hash64("a")): pytest.approx(0.12)}
    assert found.category.tolist() == [hash64("c1")]
