"""Split a batch into waves: in each, every user moves on to the next moment that may need a decision."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import FLAG_EVENTS_TRUNCATED, UserState
from schemas.tables import DueUsers, EventBatch
from schemas.vocabulary import Standing
from streams.pipeline.aggregate import aggregate, pack_rows
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.aggregate.budget import note_spent
from streams.pipeline.aggregate.journal import (
    arm_timers,
    cancel_pushes,
    move_pushes,
    next_due,
    note_debounce,
    note_pushes,
)
from streams.pipeline.aggregate.receipts import apply_early, without_push
from streams.pipeline.batch.turn import Turn
from streams.pipeline.publish import Published, Retracted
from streams.pipeline.trigger import Judge, Stops, due_users, plan
from streams.settings import Settings

_PARTED = 3


@dataclass(slots=True)
class OpenWave:
    """A wave between its plan and its place in the session."""

    turn: Turn
    state: UserState
    before: UserState
    wave: Wave
    stops: Stops

    def apply(self, settings: Settings) -> None:
        """Fold the wave's events into the users' rows; count users of whom not all is kept."""
        was = self._cut_off()
        strangers = self.wave.receipts.compress(without_push(self.state, self.wave.receipts))
        self.turn.count(strangers["pos"], [("receipts_without_push",)] * len(strangers))
        aggregate(self.state, self.wave, settings)
        wave, gone = self.wave, self.stops.gone
        arm_timers(self.state, wave.facts, wave.stream_ms, gone, settings)
        rows = (self._cut_off() & ~was).nonzero()[0]
        waiting = self.stops.waiting
        self.turn.count(waiting, [("debounced",)] * len(waiting))
        if len(rows):
            places = self.turn.first_positions(self.state)[rows]
            self.turn.count(places, [("users_truncated",)] * len(rows))

    def due(self, settings: Settings) -> DueUsers:
        """Return who needs a decision."""
        judge = Judge(self.before, self.state, self.wave, settings)
        return due_users(judge, self.stops)

    def publish(self, due: DueUsers, published: Published) -> None:
        """Send the records of a part of the wave, and note in the journal what was decided."""
        rows = self._rows(due)
        stands = due.standing == Standing.STANDS
        note_spent(self.state, rows, due.now_ms)
        note_debounce(self.state, rows[stands], due.kind[stands], due.now_ms[stands])
        note_pushes(self.state, rows[published.due], published.pushes, due.now_ms[published.due])
        apply_early(self.state)
        pushes = published.pushes
        self.turn.note_expiry(due.pos[published.due], pushes["expires_ms"])
        about = (pushes["item"] != NO_ID).nonzero()[0]
        if len(about):
            places = due.pos[published.due[about]]
            self.turn.note_pushed(places, pushes["item"][about], pushes["created_ms"][about])
        self.turn.emit(published.outputs)
        self.turn.count(due.pos, map(_counted, published.outcomes))

    def retract(self, due: DueUsers, retracted: Retracted) -> None:
        """Send cancels and moves, and note what they took back and where what moved."""
        rows = self._rows(due).tolist()
        cancel_pushes(self.state, [(rows[row], index) for row, index in retracted.marks])
        move_pushes(self.state, [(rows[row], *move) for row, *move in retracted.moves])
        self.turn.emit(retracted.outputs)
        moved = np.array([(due.pos[row], until) for row, _, _, until in retracted.moves], np.int64)
        self.turn.note_expiry(*moved.reshape(-1, 2).T)
        places = np.array([key.pos for key, _ in retracted.outputs], np.int64)
        self.turn.count(places, [(name,) for name in retracted.counts])

    def refresh(self, due: DueUsers) -> None:
        """Let the others see what was taken back and moved."""
        due.state.pushes = self.state.pushes.take(self._rows(due))

    def _cut_off(self) -> NDArray[np.bool_]:
        cut: NDArray[np.bool_] = (self.state.head["flags"] & FLAG_EVENTS_TRUNCATED) != 0
        return cut

    def _rows(self, due: DueUsers) -> NDArray[np.int64]:
        place = {key: row for row, key in enumerate(self.state.keys)}
        return np.array([place[key] for key in due.state.keys], np.int64)


def waves(
    turn: Turn, batch: EventBatch, state: UserState, settings: Settings
) -> Iterator[OpenWave]:
    """Yield the batch wave by wave; whatever the caller did to a wave's state is kept.

    ``state`` holds the batch's users (and those with a due timer) as they were before it.
    """
    cursor = turn.first_positions(state)
    pending = Wave(batch.events, batch.facts, batch.contexts, batch.receipts, batch.timeline)
    due_before = next_due(state)
    due_after = dict(due_before)
    while len(state):
        stops = plan(state, pending, cursor, settings)
        part, pending = _cut(pending, stops.end)
        before = copy.copy(state)
        yield OpenWave(turn, state, before, part, stops)
        goes_on = _going_on(state, pending, stops, cursor)
        _save(turn, state, goes_on)
        due_after |= next_due(state)
        if not len(goes_on):
            break
        pending = _renumber(pending, goes_on, len(state))
        cursor, state = stops.end[goes_on], state.take(goes_on)
    turn.index_timers(due_before, due_after)


def _save(turn: Turn, state: UserState, goes_on: NDArray[np.int64]) -> None:
    """Write the rows of those who are done: nobody looks at the others' before they are.

    To part a few from many costs more than to write the few twice.
    """
    if _PARTED * len(goes_on) > len(state):
        done = np.ones(len(state), bool)
        done[goes_on] = False
        state = state.take(done.nonzero()[0])
    turn.save(state.keys, pack_rows(state))


def _counted(outcome: str | None) -> tuple[str, ...]:
    """The counters of a decision, by the reason of its suppression."""
    if outcome is None:
        return "decided", "recommended"
    return "decided", "suppressed", f"suppressed.{outcome}"


def _cut(pending: Wave, end: NDArray[np.int64]) -> tuple[Wave, Wave]:
    """What each user does before their stop, and what comes after it."""
    if (end == len(pending.timeline)).all():
        return pending, pending.map(lambda rows: rows[:0])
    now = [rows["pos"] < end[rows["user"]] for rows in pending.parts]
    both = list(zip(pending.parts, now, strict=True))
    part = pending.of([rows.compress(mask) for rows, mask in both])
    return part, pending.of([rows.compress(~mask) for rows, mask in both])


def _going_on(
    state: UserState, pending: Wave, stops: Stops, cursor: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The users who stopped and have events left, or a timer due before a record that is left."""
    stopped = (stops.timer >= 0) | stops.event
    if not stopped.any():
        return np.zeros(0, np.int64)
    waits = np.zeros(len(state), bool)
    for rows in pending.parts:
        waits[rows["user"]] = True
    block, slots = pending.timeline.block_of(cursor), state.timers.slots
    due = state.timers.data["due_ms"] <= pending.timeline.last_ms(block)[slots]
    before = stops.end < pending.timeline.starts[block + 1]
    waits[slots[due]] |= before[slots[due]]
    return (waits & stopped).nonzero()[0]


def _renumber(pending: Wave, kept: NDArray[np.int64], users: int) -> Wave:
    """Let ``user`` index the users who go on; the others have no rows left."""
    place = np.full(users, -1)
    place[kept] = np.arange(len(kept))

    def moved(rows: NDArray[Any]) -> NDArray[Any]:
        rows = rows.copy()
        rows["user"] = place[rows["user"]]
        return rows

    return pending.map(moved)
