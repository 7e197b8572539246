"""Rows of the version before, as this build writes them."""

from __future__ import annotations

import numpy as np

from schemas.state import HEAD, JOURNAL, ROW_VERSION
from streams.state.event_codec import COUNTED_AS, STORED

BEFORE = ROW_VERSION - 1
_NO_BUDGET = b"\x00"


def upgraded(row: bytes) -> bytes:
    """Return a row of this version; one that is not of the version before stays as it is.

    Version 2 counted no decisions: the budget begins with the next one.
    """
    if row[0] != BEFORE or len(row) < HEAD.itemsize:
        return row
    head = np.frombuffer(row, HEAD, 1)[0]
    sizes = (int(head[COUNTED_AS.get(name, name)]) * part.itemsize for name, part in STORED.items())
    counts_end = HEAD.itemsize + int(head["sealed"]) + sum(sizes) + JOURNAL.itemsize
    added_at = counts_end - len(_NO_BUDGET)
    return bytes([ROW_VERSION]) + row[1:added_at] + _NO_BUDGET + row[added_at:]
