"""How much of a batch goes into one commit: records, or only timers that fire before the next one.

Each unit of commit has a bound. Where it ends changes nothing but the commits: timers fire in the
order of the index, and nothing but them moves before the record itself does.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from schemas.state import NEVER_MS
from schemas.tables import EventBatch, SourceRecord
from schemas.timeline import Timeline
from streams.pipeline.accept import Refusals, Vault, accept, is_dead
from streams.pipeline.batch.reached import IsDead, reached, stream_ms
from streams.pipeline.batch.session import Session
from streams.pipeline.batch.timer_index import due_of
from streams.pipeline.containment.verdicts import Verdicts
from streams.settings import Settings
from streams.shared.sequence import has_time

SLICE_TIMERS = 1_000
"""Users whose timers fire in one commit at the most: less than a second of deciding."""


class Portion(NamedTuple):
    """What is decided at once.

    ``timers``: the entries of the index that fire, in order, before a record that is not in it;
    empty with ``records``, which bring the time of their timers with them. ``record_ms``: stream time
    with that record, or with the last of ``records`` at the most.
    """

    records: list[SourceRecord]
    timers: list[bytes]
    record_ms: int


def dead_of(session: Session, verdicts: Verdicts, settings: Settings, vault: Vault) -> IsDead:
    """Return what says of a record whether `accept` would set it aside in this session."""
    told = refusals_of(session, verdicts)
    return partial(is_dead, settings=settings, vault=vault, refusals=told)


def refusals_of(session: Session, verdicts: Verdicts) -> Refusals:
    """Return what is not read: records that raised, and those of users whose row is set aside."""
    return Refusals(verdicts.records, frozenset(session.marker.set_aside))


def first_portion(
    session: Session, records: list[SourceRecord], most: int, dead: IsDead
) -> Portion:
    """Return what of a batch a session decides first: at most ``most`` users have a timer due in it."""
    before_ms = session.marker.stream_ms
    last_ms = max(before_ms, _latest_ms(records))  # at the latest: some may be dead
    due = session.due_timers(last_ms, most + 1)
    if len(due) <= most:
        return Portion(records, [], last_ms)
    cut = reached(records, before_ms, due_of(due[most]), dead)
    if cut:
        return Portion(records[:cut], [], last_ms)
    return Portion([], first_slice(due, most), stream_ms(records[0], before_ms, dead))


def _latest_ms(records: list[SourceRecord]) -> int:
    """Return the latest timestamp that is one to go by; nearly always that is the latest of all."""
    latest = max(records, key=attrgetter("timestamp_ms"), default=None)
    if latest is not None and has_time(latest):
        return latest.timestamp_ms
    return max((each.timestamp_ms for each in records if has_time(each)), default=NEVER_MS)


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
    portion: Portion, before_ms: int, settings: Settings, vault: Vault, refusals: Refusals
) -> EventBatch:
    """Return the portion's records as columns; of timers alone it is the moment they are due by.

    ``before_ms``: stream time before it.
    """
    batch = accept(portion.records, before_ms, settings, vault, refusals)
    if portion.timers:
        due_ms = due_of(portion.timers[-1])
        batch.timeline = Timeline.of_timers(due_ms, before_ms, portion.record_ms)
    return batch
