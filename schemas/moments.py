"""When an event was and which one it was, in ten bytes.

The time's high bits are known from elsewhere: what a row remembers of ids lies within weeks of the
user's newest event, and 32 bits of milliseconds are seven weeks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOMENT = np.dtype([("low_ms", "<u4"), ("event", "<u4"), ("event_high", "<u2")])
"""The low 32 bits of a time in ms; the id's low 32 and high 16 bits."""

_LOW = np.int64((1 << 32) - 1)
_HALF = np.uint64(32)


def moments(ts_ms: NDArray[np.int64], events: NDArray[np.uint64]) -> NDArray[Any]:
    """Return times (ms) and 48-bit ids as `MOMENT` rows."""
    rows = np.empty(len(ts_ms), MOMENT)
    rows["low_ms"], rows["event"], rows["event_high"] = ts_ms & _LOW, events, events >> _HALF
    return rows


def event_ids(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Return the ids of moments."""
    ids: NDArray[np.uint64] = rows["event_high"].astype(np.uint64) << _HALF
    ids |= rows["event"]
    return ids


def times_ms(rows: NDArray[Any], newest_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the times of moments: the last before or at ``newest_ms`` that have their low bits."""
    times: NDArray[np.int64] = newest_ms - ((newest_ms - rows["low_ms"]) & _LOW)
    return times
