"""Consent is part of the journal: a "no" counts from its arrival, and once."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.waves import make_wave

from schemas.ids import NO_ID
from schemas.state import UserState
from schemas.vocabulary import CONSENTS, ContextField
from streams.pipeline.aggregate import aggregate, pack_rows
from streams.pipeline.aggregate.consent import NO, NOES, YES, Stand, stands
from streams.settings import load_settings

SETTINGS = load_settings({})
PUSH = ContextField.CONSENT_PUSH
USERS = 2


def state_after(answers, cuts=()):
    """``answers``: (user, at_ms, event, value, field) in the order of their arrival."""
    state = UserState.fresh([bytes([i]) * 16 for i in range(USERS)])
    edges = [0, *sorted(min(cut, len(answers)) for cut in cuts), len(answers)]
    for start, stop in itertools.pairwise(edges):
        rows = [(0, *answer) for answer in answers[start:stop]]
        if rows:
            aggregate(state, make_wave([], contexts=rows), SETTINGS)
    return state


def stand(*answers):
    """What holds after answers (at_ms, event, value) of one user."""
    state = state_after([(0, *answer, PUSH) for answer in answers])
    return Stand(stands(state, PUSH)[0])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], Stand.OPEN),
        ([(5, 1, YES)], Stand.YES),
        ([(5, 1, NO)], Stand.NO),
        ([(5, 1, NO), (6, 2, YES)], Stand.YES),
        ([(5, 1, NO), (5, 2, YES)], Stand.NO),
        ([(6, 2, YES), (5, 1, NO)], Stand.YES),
        ([(5, 1, YES), (6, 2, NO_ID)], Stand.OPEN),
        ([(5, 1, NO), (6, 2, NO_ID)], Stand.NO),
        ([(5, 1, NO), (6, 2, YES), (7, 3, NO_ID)], Stand.OPEN),
        ([(5, 1, NO), (6, 2, NO_ID), (7, 3, YES)], Stand.YES),
        ([(5, 1, NO), (6, 2, YES), (9, 1, NO)], Stand.YES),
        ([(5, 1, NO), (6, 2, YES), (9, 3, NO)], Stand.NO),
    ],
    ids=str,
)
def test_a_yes_counts_if_it_is_later_than_every_no_and_null_makes_none(answers, expected):
    assert stand(*answers) == expected


def test_a_no_that_is_forgotten_counts_again_when_it_comes_again():
    noes = [(n, n, NO) for n in range(1, NOES + 2)]
    yes = (50, 99, YES)
    assert stand(*noes, yes, (60, noes[1][1], NO)) == Stand.YES
    assert stand(*noes, yes, (60, noes[0][1], NO)) == Stand.NO


answers = st.lists(
    st.tuples(
        st.integers(0, USERS - 1), st.integers(0, 9), st.integers(1, 7),
        st.sampled_from([YES, NO, NO_ID]), st.sampled_from([*CONSENTS, ContextField.DEVICE]),
    ),
    max_size=30,
)  # fmt: skip


@given(answers, st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=examples(150))
def test_any_cut_gives_the_same_bytes(told, cuts):
    assert pack_rows(state_after(told)) == pack_rows(state_after(told, cuts))


@given(answers)
@settings(max_examples=examples(100))
def test_answers_are_no_facts_and_take_little_room(told):
    state = state_after(told)
    assert not np.isin(state.context.data["field"], CONSENTS).any()
    assert (state.consent.lengths <= len(CONSENTS) * (NOES + 2)).all()
