"""Judge the stops of a wave: who needs a decision, and about what.

Everything is decided on the applied state, so a stop too many costs time and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.ids import NO_ID
from schemas.state import Ragged, UserState, joined
from schemas.tables import DueUsers
from schemas.vocabulary import TriggerKind
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.aggregate.journal import drop_timers
from streams.pipeline.trigger.asks import BESIDE, DUE, event_asks
from streams.pipeline.trigger.plan import Stops
from streams.pipeline.trigger.timer_reasons import timer_reasons
from streams.pipeline.trigger.waits import waits
from streams.settings import Settings


@dataclass(slots=True)
class Judge:
    """What a judgement reads: the state before and after the wave, and the wave itself."""

    before: UserState
    state: UserState
    wave: Wave
    settings: Settings


def due_users(judge: Judge, stops: Stops) -> DueUsers:
    """Return the users who need a decision; a user is due at most once in a wave.

    A push of theirs that may have to move is asked about beside it. Timers that fired leave the state, whether they led to a decision or not.
    """
    rows, timers = _fired(judge, stops)
    found = joined((_judge_timers(judge, stops, rows, timers), _judge_events(judge, stops)))
    drop_timers(judge.state, rows, timers["kind"])
    due = found.take(found["row"].argsort(kind="stable"))
    names = ("kind", "cause", "item", "category", "due_ms", "now_ms", "pos")
    columns = [due[name].copy() for name in names]
    columns += [judge.wave.timeline.record_ms[due["pos"]], due["standing"].copy()]
    return DueUsers(judge.state.take(due["row"]), *columns)


def _fired(judge: Judge, stops: Stops) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Rows and their stop's timer, if it is still due: an event of the wave may have put it off."""
    timers, slots = judge.state.timers.data, judge.state.timers.slots
    stopped = (timers["kind"] == stops.timer[slots]).nonzero()[0]
    until_ms = judge.wave.stream_ms[stops.end[slots[stopped]]]
    fired = stopped[timers["due_ms"][stopped] <= until_ms]
    return slots[fired], timers.take(fired)


def _judge_timers(
    judge: Judge, stops: Stops, rows: NDArray[np.int64], timers: NDArray[Any]
) -> NDArray[Any]:
    due = np.zeros(len(rows), DUE)
    if not len(rows):
        return due
    due["row"], due["kind"], due["cause"] = rows, timers["kind"], timers["event"]
    due["due_ms"], due["pos"] = timers["due_ms"], stops.end[rows]
    due["now_ms"] = np.maximum(timers["due_ms"], judge.wave.timeline.before(due["pos"]))
    state = judge.state.take(rows)
    item, due["standing"] = timer_reasons(state, timers, judge.settings)
    due["item"], due["category"] = item, _categories(state.events, item)
    return due.compress(~waits(judge.state, rows, due["kind"], due["now_ms"], judge.settings))


def _judge_events(judge: Judge, stops: Stops) -> NDArray[Any]:
    """Of each stop at an event the most urgent trigger that gets one."""
    if not stops.event.any():
        return np.zeros(0, DUE)
    asks, due = event_asks(judge.before, judge.state, judge.wave, stops, judge.settings)
    due["now_ms"] = judge.wave.timeline.ms[due["pos"]]
    silent = waits(judge.state, due["row"], due["kind"], due["now_ms"], judge.settings)
    kept = (~silent | (due["kind"] == TriggerKind.RETRACT)).nonzero()[0]
    kept = kept[np.lexsort((asks[kept], due["row"][kept]))]
    beside = asks[kept] == BESIDE
    first, moved = (_first_of_row(due, some) for some in (kept[~beside], kept[beside]))
    retracted = due["row"][first][due["kind"][first] == TriggerKind.RETRACT]
    moved = moved[~np.isin(due["row"][moved], retracted)]
    urgent: NDArray[Any] = due.take(np.concatenate((moved, first)))
    return urgent


def _first_of_row(due: NDArray[Any], kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return of ``kept`` (indices, sorted by row) the first of each row."""
    rows = due["row"][kept]
    first: NDArray[np.int64] = kept[np.append(True, rows[1:] != rows[:-1])[: len(kept)]]
    return first


def _categories(events: Ragged, item: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The category that each user's newest event about an item names, 0 for none."""
    found = np.zeros(len(item), np.uint64)
    users, data = events.slots, events.data
    named = (
        (data["item"] == item[users]) & (data["category"] != 0) & (data["item"] != NO_ID)
    ).nonzero()[0]
    found[users[named]] = data["category"][named]  # the newest is written last
    return found
