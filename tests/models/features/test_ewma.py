from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.made_up import NOW_MS, state_of

from models.features import ewma
from models.features.view import HALF_LIVES_H, TILES_30D, user_view
from schemas.state import TILE_MS
from schemas.vocabulary import EventType


def recursion(ages: list[int], half_life_h: int) -> float:
    """The article's rule, step by step: ``ages`` are whole tiles before now's tile."""
    steps = TILES_30D // ewma.TILES_PER_STEP
    f = np.zeros(steps)
    for age in ages:
        if age < TILES_30D:
            f[steps - 1 - age // ewma.TILES_PER_STEP] += 1
    a, w = ewma.alpha(half_life_h), 0.0
    for count in f:
        w = a * w + (1 - a) * count
    return w


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.integers(0, TILES_30D + 50), max_size=200),
    st.just(HALF_LIVES_H) | st.sets(st.integers(1, ewma.LONGEST_H), min_size=3, max_size=3).map(tuple),
)  # fmt: skip
def test_the_closed_form_equals_the_recursion(
    ages: list[int], half_lives_h: tuple[int, ...]
) -> None:
    raw = [(NOW_MS - age * TILE_MS - 1, int(EventType.CART), 0) for age in ages]
    whole = [NOW_MS // TILE_MS - ts // TILE_MS for ts, _, _ in raw]
    view = user_view(state_of([raw]), np.array([NOW_MS]), ["UTC"], half_lives_h)
    found = ewma.compute(view)[0]
    for named, half in zip(HALF_LIVES_H, half_lives_h, strict=True):
        for what in ("any", "cart"):
            value = found[ewma.NAMES.index(f"ewma_{what}_{named}h")]
            assert abs(value - recursion(whole, half)) <= 1e-12 * max(1.0, value)


def test_a_count_halves_in_its_half_life() -> None:
    raw = [[(NOW_MS - h * 3_600_000, int(EventType.VIEW), 0)] for h in (0, 6)]
    found = ewma.compute(user_view(state_of(raw), np.array([NOW_MS + 1] * 2), ["UTC"] * 2))
    column = found[:, ewma.NAMES.index("ewma_any_6h")]
    assert abs(column[1] / column[0] - 0.5) < 1e-12
