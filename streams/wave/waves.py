"""Split a batch into waves: in each, every user moves on to the next moment that may need a decision."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import FLAG_EVENTS_TRUNCATED, UserState
from schemas.tables import DueUsers, EventBatch
from streams.aggregate import aggregate, pack_rows
from streams.aggregate.aggregate import Wave
from streams.aggregate.journal import cancel_pushes, note_decisions, note_pushes
from streams.publish import Published, Retracted
from streams.settings import Settings
from streams.store import USER
from streams.trigger import Judge, Stops, due_users, plan
from streams.wave.session import Session


@dataclass(slots=True)
class OpenWave:
    """A wave between its plan and its place in the session."""

    session: Session
    state: UserState
    before: UserState
    wave: Wave
    stops: Stops
    stream_before_ms: int

    def apply(self, settings: Settings) -> None:
        """Fold the wave's events into the users' rows; count users of whom not all is kept."""
        cut = self._cut_off()
        aggregate(self.state, self.wave, settings)
        self.session.count({"users_truncated": self._cut_off() - cut})

    def due(self, settings: Settings) -> DueUsers:
        """Return who needs a decision."""
        judge = Judge(self.before, self.state, self.wave, self.stream_before_ms, settings)
        return due_users(judge, self.stops)

    def publish(self, due: DueUsers, published: Published) -> None:
        """Send the records of a part of the wave, and note in the journal what was decided."""
        rows = self._rows(due)
        note_decisions(self.state, rows, due.kind, due.now_ms)
        note_pushes(self.state, rows[published.due], published.pushes, due.now_ms[published.due])
        self.session.emit(published.outputs)
        self.session.count(published.counts)

    def retract(self, due: DueUsers, retracted: Retracted) -> None:
        """Send the cancels, and mark what they took back."""
        rows = self._rows(due).tolist()
        cancel_pushes(self.state, [(rows[row], index) for row, index in retracted.marks])
        self.session.emit(retracted.outputs)
        self.session.count({"cancelled": len(retracted.outputs)})

    def _cut_off(self) -> int:
        return int(np.count_nonzero(self.state.head["flags"] & FLAG_EVENTS_TRUNCATED))

    def _rows(self, due: DueUsers) -> NDArray[np.int64]:
        place = {key: row for row, key in enumerate(self.state.keys)}
        return np.array([place[key] for key in due.state.keys], np.int64)


def waves(
    session: Session, batch: EventBatch, state: UserState, settings: Settings
) -> Iterator[OpenWave]:
    """Yield the batch wave by wave; whatever the caller did to a wave's state is kept.

    ``state`` holds the batch's users (and those with a due timer) as they were before it.
    """
    stream_before_ms = session.marker.stream_ms
    cursor = np.zeros(len(state), np.int64)
    pending = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.stream_ms)
    due_before = next_due(state)
    due_after = dict(due_before)
    while len(state):
        stops = plan(state, pending, cursor, settings)
        part, pending = _cut(pending, stops.end)
        before = copy.copy(state)
        yield OpenWave(session, state, before, part, stops, stream_before_ms)
        _save(session, state)
        due_after |= next_due(state)
        goes_on = _going_on(state, pending, stops)
        if not len(goes_on):
            break
        pending = _renumber(pending, goes_on, len(state))
        cursor, state = stops.end[goes_on], state.take(goes_on)
    session.index_timers(due_before, due_after)


def _cut(pending: Wave, end: NDArray[np.int64]) -> tuple[Wave, Wave]:
    """What each user does before their stop, and what comes after it."""
    now = [rows["pos"] < end[rows["user"]] for rows in pending.parts]
    both = list(zip(pending.parts, now, strict=True))
    part = pending.of([rows.compress(mask) for rows, mask in both])
    return part, pending.of([rows.compress(~mask) for rows, mask in both])


def _going_on(state: UserState, pending: Wave, stops: Stops) -> NDArray[np.int64]:
    """The users who stopped and have events left, or a timer due before a record that is left."""
    waits = np.zeros(len(state), bool)
    for rows in pending.parts:
        waits[rows["user"]] = True
    due = state.timers.data["due_ms"] <= pending.stream_ms[-1]
    before = stops.end < len(pending.stream_ms)
    waits[state.timers.slots[due]] |= before[state.timers.slots[due]]
    return np.flatnonzero(waits & ((stops.timer >= 0) | stops.event))


def _save(session: Session, state: UserState) -> None:
    for key, row in zip(state.keys, pack_rows(state), strict=True):
        session.put(USER + key, row)


def _renumber(pending: Wave, kept: NDArray[np.int64], users: int) -> Wave:
    """Let ``user`` index the users who go on; the others have no rows left."""
    place = np.full(users, -1)
    place[kept] = np.arange(len(kept))

    def moved(rows: NDArray[Any]) -> NDArray[Any]:
        rows = rows.copy()
        rows["user"] = place[rows["user"]]
        return rows

    return pending.map(moved)


def next_due(state: UserState) -> dict[bytes, int]:
    """Return each user's earliest timer in ms, -1 without one."""
    none = np.iinfo(np.int64).max
    due: NDArray[np.int64] = np.full(len(state), none)
    np.minimum.at(due, state.timers.slots, state.timers.data["due_ms"])
    return dict(zip(state.keys, np.where(due == none, -1, due).tolist(), strict=True))
