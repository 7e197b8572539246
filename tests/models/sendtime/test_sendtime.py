"""When a user is likely to be active."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.sendtime import NOTHING_KNOWN, ActivityModel, active, moments
from models.sendtime.habits import of_hours
from schemas.globals import Activity

EVENING = np.exp(-0.5 * ((np.arange(24) - 20) / 2.0) ** 2)
MODEL = ActivityModel.decode(
    Activity(
        segments=np.stack((EVENING, EVENING[::-1])).astype("<f4").tobytes(),
        shares=np.array([0.9, 0.1], "<f4").tobytes(),
        own_strength=5.0,
        segment_strength=20.0,
    )
)
some_counts = arrays(np.float64, (3, 24), elements=st.integers(0, 200).map(float))


@given(some_counts)
def test_a_profile_is_a_distribution(counts):
    for model in (MODEL, NOTHING_KNOWN):
        profiles = model.profiles(counts)
        np.testing.assert_allclose(profiles.sum(axis=1), 1.0)
        assert (profiles > 0).all()


@given(some_counts)
def test_a_users_profile_does_not_depend_on_who_else_is_asked(counts):
    alone = np.concatenate([MODEL.profiles(counts[row : row + 1]) for row in range(3)])
    assert alone.tobytes() == MODEL.profiles(counts).tobytes()


def test_a_stranger_has_everybodys_profile_and_a_regular_their_own():
    counts = np.zeros((2, 24))
    counts[1, 7] = 300
    stranger, regular = MODEL.profiles(counts)
    np.testing.assert_allclose(stranger, MODEL.average())
    assert regular[7] > 0.9


def test_a_model_survives_its_epoch():
    again = ActivityModel.decode(MODEL.encode())
    np.testing.assert_allclose(again.segments, MODEL.segments, atol=1e-8)
    assert again.weights == MODEL.weights


def test_who_comes_every_evening_is_expected_in_the_evening():
    noon = 500 * 24 + 12
    evenings = np.array([day * 24 + 19 for day in range(470, 500)])
    known = of_hours(np.zeros(30, np.int64), evenings, np.array([noon]), np.array([30 * 24]))
    chance = active(NOTHING_KNOWN, known)[0]
    assert int(np.argmax(chance)) == 7
    assert ((chance > 0) & (chance < 1)).all()


def test_an_occasion_that_fades_is_worth_more_now():
    even = np.full((1, 24), 0.2)
    worth = moments(even, np.arange(24.0)[None], np.array([6.0]))
    assert int(np.argmax(worth[0])) == 0
    np.testing.assert_allclose(worth[0, 6], 0.1)
