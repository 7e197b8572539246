from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.inputs import NOW_MS, record, run

from schemas.ids import hash64
from schemas.state import UserState
from schemas.vocabulary import INTERESTS, SEGMENTS, ContextField
from streams.pipeline.aggregate.facts import add_context

PROFILE = {"user_id": "u1", "ts": NOW_MS, "interests": ["garden", "books"], "segments": ["gold"]}


def told(*records: Any) -> dict[ContextField, int]:
    batch = run(*records)
    assert batch.dead == []
    state = UserState.fresh(batch.keys)
    add_context(state, batch.contexts)
    rows = state.context.data
    return {ContextField(int(f)): int(v) for f, v in zip(rows["field"], rows["value"], strict=True)}


def test_a_profile_tells_interests_and_segments() -> None:
    found = told(record("profiles", PROFILE))
    assert [found[f] for f in INTERESTS[:3]] == [hash64("garden"), hash64("books"), 0]
    assert [found[f] for f in SEGMENTS[:2]] == [hash64("gold"), 0]


PROFILES = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.sampled_from("abcdefghij"), max_size=10)),
    min_size=1,
    max_size=5,
)


@given(PROFILES, st.randoms())
def test_the_newest_profile_holds_whole_whatever_the_order(profiles, random) -> None:
    records = [
        record("profiles", PROFILE | {"ts": NOW_MS - age, "interests": interests}, offset=i)
        for i, (age, interests) in enumerate(profiles)
    ]
    shuffled = list(records)
    random.shuffle(shuffled)
    found = told(*records)
    assert found == told(*shuffled)
    newest = min(age for age, _ in profiles)
    possible = [
        [hash64(i) for i in interests[: len(INTERESTS)]]
        for age, interests in profiles
        if age == newest
    ]
    assert [found[f] for f in INTERESTS if found[f]] in possible


def test_profiles_are_no_events_of_law_four() -> None:
    batch = run(record("profiles", PROFILE), record("profiles", {"user_id": "u1"}, offset=1))
    assert (batch.counts["profiles"], batch.counts["other_dead_letters"]) == (1, 1)
    assert (batch.counts["consumed"], len(batch.events)) == (0, 0)
    assert np.unique(batch.contexts["pos"]).tolist() == [0]
