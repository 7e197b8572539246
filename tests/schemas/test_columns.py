from __future__ import annotations

import numpy as np
import pytest

from schemas.columns import rows_of
from schemas.globals import Wakes

COLUMNS = {"users": "<u8", "kinds": "u1"}
ROW = np.dtype([*COLUMNS.items(), ("place", "<u4")])


def test_columns_become_rows_and_what_is_not_told_is_zero() -> None:
    wakes = Wakes(users=np.array([7, 2**63], "<u8").tobytes(), kinds=b"\x01\x02")
    assert rows_of(wakes, COLUMNS, ROW).tolist() == [(7, 1, 0), (2**63, 2, 0)]


def test_an_empty_message_has_no_rows() -> None:
    assert len(rows_of(Wakes(), COLUMNS, ROW)) == 0


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"columns of wakes have different lengths: \[1, 2\]"):
        rows_of(Wakes(users=bytes(16), kinds=b"\x01"), COLUMNS, ROW)


def test_half_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        rows_of(Wakes(users=bytes(9), kinds=b"\x01"), COLUMNS, ROW)
