from __future__ import annotations

import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.pipeline.allocate.explore import TOP, held_out, pick, propensities
from streams.settings import Settings

SHARES = st.floats(0, 1)
DRAWS = 4_000


def ids(count=DRAWS):
    return [uuid.uuid5(uuid.NAMESPACE_URL, str(i)) for i in range(count)]


@given(st.integers(1, 30), SHARES, SHARES)
def test_everything_that_may_happen_to_a_decision_has_probability_one_in_all(
    allowed, explore, holdout
):
    settings = Settings(explore_share=explore, holdout_share=holdout)
    chances = propensities(allowed, settings)
    assert len(chances) == allowed
    assert sum(chances) + holdout == pytest.approx(1.0)
    assert chances[TOP:] == [0.0] * max(0, allowed - TOP)


@pytest.mark.parametrize("allowed", [1, 2, 5, 20])
def test_choices_happen_as_often_as_their_propensity_says(allowed):
    settings = Settings(explore_share=0.4, holdout_share=0.25)
    spoken = [identity for identity in ids() if not held_out(identity, settings)]
    counts = Counter(pick(identity, allowed, settings) for identity in spoken)
    for rank, chance in enumerate(propensities(allowed, settings)):
        assert counts[rank] / DRAWS == pytest.approx(chance, abs=0.03)


def test_a_draw_is_the_same_every_time():
    settings = Settings(explore_share=0.5)
    assert [pick(i, 5, settings) for i in ids(200)] == [pick(i, 5, settings) for i in ids(200)]


def test_without_a_share_nothing_is_drawn():
    assert {pick(i, 5, Settings()) for i in ids(500)} == {0}
    assert not any(held_out(i, Settings()) for i in ids(500))
