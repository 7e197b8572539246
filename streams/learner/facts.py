"""A `Signals` record as arrays, checked as a whole before any of it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from schemas.columns import rows_of
from schemas.globals import Signals
from streams.shared.times import LAST_MS

_COLUMNS = {"users": "<u8", "items": "<u8", "categories": "<u8", "types": "u1", "ts_ms": "<i8"}
ROW = np.dtype(
    [
        *_COLUMNS.items(),
        ("cells", "<u8"),
        ("segments", "<u8"),
        ("partitions", "<u4"),
        ("slots", "<i8"),  # of the item, when it is counted
    ]
)


@dataclass(slots=True, frozen=True)
class Facts:
    """``rows``: `ROW`; ``pushed`` and ``pushed_ms``: items and when; ``shared``: which rows friends may
    hear of; ``unshared``: users of whom nothing from before is told any more.
    """

    rows: NDArray[Any]
    pushed: NDArray[np.uint64]
    pushed_ms: NDArray[np.int64]
    shared: NDArray[np.bool_]
    unshared: NDArray[np.uint64]

    @classmethod
    def of(cls, signals: Signals) -> Self:
        """Unpack the columns.

        Raises:
            ValueError: lengths differ, or a time is not between 1970 and 2100.
            OverflowError: the partition is no number of 32 bits.
        """
        rows = rows_of(signals, _COLUMNS, ROW)
        rows["partitions"] = signals.partition
        for name in ("cells", "segments"):
            if told := getattr(signals, name):
                rows[name] = _as_long(np.frombuffer(told, "<u8"), len(rows), name)
        pushed = np.frombuffer(signals.pushed, "<u8")
        pushed_ms = _as_long(
            np.frombuffer(signals.pushed_ms, "<i8"), len(pushed), "times of pushes"
        )
        shared = np.frombuffer(signals.shared, "?") if signals.shared else np.zeros(len(rows), "?")
        _check_times(np.array([signals.stream_ms, signals.back_ms]), rows["ts_ms"], pushed_ms)
        return cls(
            rows, pushed, pushed_ms, _as_long(shared, len(rows), "marks of what is shared"),
            np.frombuffer(signals.unshared, "<u8"),
        )  # fmt: skip


def _as_long(column: NDArray[Any], length: int, what: str) -> NDArray[Any]:
    if len(column) != length:
        raise ValueError(f"{len(column)} {what} of {length} facts")
    return column


def _check_times(*columns: NDArray[np.int64]) -> None:
    """Beyond these a calendar has no hour; none is ever accepted as an event's time."""
    for column in columns:
        if len(column) and not 0 <= column.min() <= column.max() <= LAST_MS:
            raise ValueError("a time is not between 1970 and 2100")
