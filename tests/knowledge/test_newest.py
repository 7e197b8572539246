from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import examples

from schemas.state import NEVER_MS
from streams.knowledge.newest import Newest


@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 9), st.booleans()), max_size=30))
@settings(max_examples=examples(100), deadline=None)
def test_changes_merged_one_by_one_give_the_order_of_a_full_sort(changes):
    n = 60
    arrived_ms = np.arange(n, dtype=np.int64) % 7
    hashes = (np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    open_ = np.ones(n, bool)
    newest = Newest()
    for slot in range(n):
        newest.touch(slot)
    for slot, when, is_open in [(0, 0, True), *changes]:
        arrived_ms[slot], open_[slot] = when, is_open
        newest.touch(slot)
        newest.refresh(np.where(open_, arrived_ms, NEVER_MS), hashes)
    expected = sorted(np.flatnonzero(open_).tolist(), key=lambda s: (-arrived_ms[s], hashes[s]))
    rows, slots = newest.upto(np.array([9, 4, -1]), 100)
    assert slots[rows == 0].tolist() == expected
    assert slots[rows == 1].tolist() == [s for s in expected if arrived_ms[s] <= 4]
    assert not (rows == 2).any()
    rows, slots = newest.upto(np.array([9]), 2)
    assert slots.tolist() == expected[:2]
