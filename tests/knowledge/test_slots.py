from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.knowledge.slots import UNKNOWN, Slots

NUMBERS = st.integers(1, 2**64 - 1) | st.integers(1, 60)


@given(st.lists(st.lists(NUMBERS, max_size=40, unique=True), max_size=6), st.lists(NUMBERS))
def test_many_at_once_are_found_where_each_is_found_alone(
    arrivals: list[list[int]], strangers: list[int]
) -> None:
    slots = Slots()
    for numbers in arrivals:
        for number in numbers:
            if slots.get(number) == UNKNOWN:
                slots.add(number)
        asked = np.array([*numbers, *strangers, *numbers], np.uint64)
        assert slots.find(asked).tolist() == [slots.get(number) for number in asked.tolist()]


def test_slots_count_up_in_the_order_of_arrival_and_keep_their_hashes() -> None:
    slots = Slots()
    numbers = [2**64 - n for n in range(1, 3_000)]

    added = [slots.add(number) for number in numbers]

    assert added == list(range(1, 3_000))
    assert len(slots) == 2_999
    assert slots.hashes[1:3_000].tolist() == numbers


@pytest.mark.slow
def test_items_that_want_the_same_place_are_told_apart_before_and_after_growing() -> None:
    slots = Slots()
    alike = [(n << 32) | 7 for n in range(1, 2_000)]

    for number in alike:
        slots.add(number)

    assert slots.find(np.array(alike, np.uint64)).tolist() == list(range(1, 2_000))
    assert [slots.get(number) for number in alike] == list(range(1, 2_000))
    assert slots.get((2_000 << 32) | 7) == UNKNOWN
