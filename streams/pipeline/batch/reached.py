"""Where in a batch stream time reaches a moment, and with which record, before the batch is read. Pure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from schemas.tables import SourceRecord

IsDead = Callable[[SourceRecord], bool]


def reached(records: list[SourceRecord], before_ms: int, at_ms: int, is_dead: IsDead) -> int:
    """Return the position of the first record with which stream time is ``at_ms`` or later.

    All of them for none. ``before_ms``: stream time before the batch. Dead letters do not move it; so
    only the few that would be the first are looked into.
    """
    if before_ms >= at_ms:
        return 0
    times = np.array([record.timestamp_ms for record in records], np.int64)
    late = np.flatnonzero(times >= at_ms).tolist()
    return next((pos for pos in late if not is_dead(records[pos])), len(records))


def stream_ms(record: SourceRecord, before_ms: int, is_dead: IsDead) -> int:
    """Return the stream time with a record: one that is dead moves none."""
    return before_ms if is_dead(record) else max(before_ms, record.timestamp_ms)
