from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.knowledge.slots import UNKNOWN, Slots

NUMBERS = st.integers(1, 2**64 - 1)


@given(st.lists(st.lists(NUMBERS, max_size=40, unique=True), max_size=6), st.lists(NUMBERS))
def test_many_at_once_are_found_where_each_is_found_alone(
    arrivals: list[list[int]], strangers: list[int]
) -> None:
    slots = Slots(few=0)
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


def test_a_few_younger_than_the_index_are_found_with_the_many() -> None:
    slots = Slots(few=0)
    old = np.arange(1, 1_001, dtype=np.uint64)
    for number in old.tolist():
        slots.add(number)
    slots.find(old)

    slots.add(5_000)

    assert slots.find(np.append(old, np.uint64(5_000)))[-1] == 1_001
