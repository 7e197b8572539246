"""What stays and what is put behind it is what sorting and trimming the whole would give."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.state import Ragged
from streams.pipeline.aggregate.tails import bisect, replaced, tail, within

ROW = np.dtype([("key", "<i8"), ("n", "<u4")])
users = st.lists(st.lists(st.integers(0, 30), max_size=12).map(sorted), min_size=1, max_size=5)


def _rows(keys):
    """Rows of users with those keys; each row is told apart by its number."""
    offsets = np.cumsum([0, *map(len, keys)])
    data = np.zeros(offsets[-1], ROW)
    data["key"], data["n"] = [key for mine in keys for key in mine], np.arange(offsets[-1])
    return Ragged(data, offsets)


def _places(rows, wanted):
    return bisect(rows, lambda places, users: rows.data["key"][places], np.array(wanted))


@given(users, st.data())
def test_the_first_key_that_is_not_below_is_found(keys, data):
    wanted = data.draw(st.lists(st.integers(-1, 31), min_size=len(keys), max_size=len(keys)))
    rows = _rows(keys)
    found = _places(rows, wanted) - rows.offsets[:-1]
    expected = [sum(key < least for key in mine) for mine, least in zip(keys, wanted, strict=True)]
    assert found.tolist() == expected


@given(users, st.data())
def test_rows_parted_and_put_together_are_all_there(keys, data):
    rows = _rows(keys)
    cut = _places(
        rows, data.draw(st.lists(st.integers(0, 30), min_size=len(keys), max_size=len(keys)))
    )
    ends = within(rows, cut, rows.offsets[1:])
    again = replaced(rows, rows.offsets[:-1], cut, ends)
    assert again.data.tobytes() == rows.data.tobytes()
    assert again.offsets.tolist() == rows.offsets.tolist()


def test_what_is_before_the_first_place_is_gone_and_the_new_is_behind():
    rows = _rows([[1, 2, 3], [], [4]])
    ends = Ragged(np.array([(9, 7), (8, 6)], ROW), np.array([0, 1, 2, 2]))
    found = replaced(rows, np.array([1, 3, 3]), np.array([2, 3, 4]), ends)
    assert [found.of(user)["key"].tolist() for user in range(3)] == [[2, 9], [8], [4]]
    found.data["key"] = 0  # as any other rows, these can be written


def test_the_tail_is_the_old_rows_from_there_on_and_the_fresh_ones():
    rows = _rows([[1, 2, 3], [4, 5]])
    slots, data = tail(rows, np.array([2, 5]), np.array([1]), np.array([(6, 0)], ROW))
    assert list(zip(slots.tolist(), data["key"].tolist(), strict=True)) == [(0, 3), (1, 6)]
