"""Decide a batch that raised in halves, in order, over one overlay of the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import msgspec

from schemas.tables import SourceRecord
from schemas.unreadable import UNREADABLE
from streams.pipeline.containment.blame import blame
from streams.pipeline.containment.verdicts import NO_VERDICTS, Seen, Verdicts
from streams.shared.blame import may_be_the_input, named
from streams.state.marker import Marker, packed_marker, read_marker
from streams.state.overlay import Overlay
from streams.state.store import MARKER, Effects, ForeignStateError, StoreError, UndecidedError, Work

logger = logging.getLogger(__name__)

Decide = Callable[[Sequence[Work], Verdicts, Seen], list[Effects]]
WINDOW = 200
"""Of so many records of a partition a share may be set aside, however they come in batches."""


def contained(decide: Decide, work: Sequence[Work], most_percent: int) -> list[Effects]:
    """Return what each batch does; what makes the path raise is set aside.

    ``most_percent``: share of a partition's last `WINDOW` records at which something may be set aside.

    Raises:
        UndecidedError: nothing may be set aside: it is the environment's fault, or too much fails.
        ForeignStateError: a partition's state was made with another secret.
        StoreError: a partition's state cannot be read.
    """
    try:
        return decide(work, NO_VERDICTS, Seen())
    except BaseException as error:
        _check(error)
    return [_Halves(decide, each, most_percent).effects() for each in work]


def _check(error: BaseException) -> None:
    """Raise again what no record can be blamed for."""
    if isinstance(error, ForeignStateError | StoreError | UndecidedError):
        raise error
    if not may_be_the_input(error):
        raise UndecidedError(named(error)) from error


class _Halves:
    """One partition's batch, decided piece by piece; the pieces become one unit of commit."""

    def __init__(self, decide: Decide, work: Work, most_percent: int) -> None:
        self._decide, self._work = decide, work
        self._overlay = Overlay(work.store)
        self._done: list[Effects] = []
        self._most = WINDOW * most_percent // 100

    def effects(self) -> Effects:
        """Return what the batch does, up to where a unit of commit ends."""
        waiting = [self._work.records]
        while waiting and not (self._done and self._done[-1].left):
            records = waiting.pop()
            try:
                self._keep(self._attempt(records, NO_VERDICTS, Seen()))
            except BaseException as error:
                _check(error)
                if len(records) > 1:
                    half = len(records) // 2
                    waiting += [records[half:], records[:half]]
                else:
                    self._set_aside(records, error)
        return _joined(self._done, sum(map(len, waiting)))

    def _attempt(self, records: list[SourceRecord], verdicts: Verdicts, seen: Seen) -> Effects:
        work = Work(self._work.partition, self._overlay, records)
        return self._decide([work], verdicts, seen)[0]

    def _set_aside(self, records: list[SourceRecord], error: BaseException) -> None:
        marker = self._marker()
        blamed = [at for at in marker.blamed if at > marker.records - WINDOW]
        if len(blamed) + 1 > self._most:
            sentence = f"more than {self._most} of the last {WINDOW} records fail"
            raise UndecidedError(sentence) from error

        def trial(verdicts: Verdicts, seen: Seen) -> bool:
            try:
                self._attempt(records, verdicts, seen)
            except BaseException as again:
                _check(again)
                return False
            return True

        record, told = records[0], named(error)
        nothing = replace(NO_VERDICTS, told=told)
        verdicts = blame(trial, record, nothing)
        if verdicts != nothing:
            place = f"{record.topic}[{record.partition}]@{record.offset}"
            what = "".join(f"epoch {number} " for number in sorted(verdicts.epochs)) or "something "
            logger.error("At %s %swas set aside: %s", place, what, told)
            blamed = sorted({*blamed, marker.records})
        effects = self._attempt(records, verdicts, Seen())
        effects.rows |= {MARKER: _with_blamed(effects.rows[MARKER], blamed)}
        self._keep(effects)

    def _marker(self) -> Marker:
        try:
            return read_marker(self._overlay)
        except (*UNREADABLE, ValueError) as error:  # no record's fault
            raise UndecidedError(f"the marker cannot be read: {named(error)}") from error

    def _keep(self, effects: Effects) -> None:
        self._overlay.lay(effects.rows)
        self._done.append(effects)


def _with_blamed(row: bytes | None, blamed: list[int]) -> bytes:
    """Return a marker's row with the places in the sequence at which something was set aside."""
    marker = msgspec.msgpack.decode(row or b"", type=Marker)
    marker.blamed = blamed
    return packed_marker(marker)


def _joined(parts: Iterable[Effects], waiting: int) -> Effects:
    """Return the parts as one unit: later rows win, outputs follow each other.

    ``waiting``: records behind the last part.
    """
    whole = Effects(left=waiting)
    for part in parts:
        whole.rows |= part.rows
        whole.outputs += part.outputs
        whole.decided += part.decided
        whole.left += part.left
    return whole
