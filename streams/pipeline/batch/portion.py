"""How much of a batch goes into one commit: records, or only timers that fire before the next one.

Each unit of commit has a bound. Where it ends changes nothing but the commits: timers fire in the
order of the index, and nothing but them moves before the record itself does.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from schemas.tables import EventBatch, SourceRecord
from schemas.timeline import Timeline
from streams.pipeline.accept import Refusals, Vault, accept
from streams.pipeline.batch.session import Session, stream_times
from streams.pipeline.batch.timer_index import due_of
from streams.settings import Settings

SLICE_TIMERS = 1_000
"""Users whose timers fire in one commit at the most: less than a second of deciding."""


class Portion(NamedTuple):
    """What is decided at once.

    ``timers``: the entries of the index that fire, in order, before a record that is not in it;
    empty with ``records``, which bring the time of their timers with them.
    """

    records: list[SourceRecord]
    timers: list[bytes]


def first_portion(session: Session, records: list[SourceRecord], most: int) -> Portion:
    """Return what of a batch a session decides first: at most ``most`` users have a timer due in it."""
    stream_ms = stream_times(records, session.marker.stream_ms)
    due = session.due_timers(int(stream_ms[-1]), most + 1)
    if len(due) <= most:
        return Portion(records, [])
    before = int(stream_ms.searchsorted(due_of(due[most])))
    return Portion(records[:before], []) if before else Portion([], first_slice(due, most))


def first_slice(due: list[bytes], most: int) -> list[bytes]:
    """Return the first of the timers ``due`` that can fire without one of the rest coming before.

    A user's next timer may be due right after the one in the index. So a slice ends with all that
    are due at one time, unless these are too many: then it has no others.
    """
    if len(due) <= most:
        return due
    rest_ms = due_of(due[most])
    whole = bisect_left(due, rest_ms, key=due_of)
    return due[:whole] or due[:most]


def accepted(
    portion: Portion, stream_ms: int, settings: Settings, vault: Vault, refusals: Refusals
) -> EventBatch:
    """Return the portion's records as columns; of timers alone it is the moment they are due by.

    ``stream_ms``: stream time before it.
    """
    batch = accept(portion.records, stream_ms, settings, vault, refusals)
    if portion.timers:
        due_ms = np.array([due_of(portion.timers[-1])], np.int64)
        batch.timeline = Timeline.of(due_ms, stream_ms)
    return batch
