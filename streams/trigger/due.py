"""Who needs a decision now: judge each stop on the applied state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.tables import DueUsers
from schemas.vocabulary import EventType, TriggerKind
from streams.aggregate.aggregate import Wave
from streams.aggregate.journal import drop_timers
from streams.settings import Settings
from streams.trigger.cart_left import cart_is_left
from streams.trigger.context_change import changed_field
from streams.trigger.follow_up import still_owns
from streams.trigger.interest import repeats
from streams.trigger.plan import Stops
from streams.trigger.retract import may_retract_bought, may_retract_denied
from streams.trigger.search_left import search_is_left

_DUE = np.dtype(
    [
        ("row", "<i8"),
        ("kind", "u1"),
        ("cause", "<u8"),
        ("item", "<u8"),
        ("category", "<u8"),
        ("due_ms", "<i8"),
        ("now_ms", "<i8"),
        ("pos", "<i8"),
    ]
)


@dataclass(slots=True)
class Judge:
    """What a judgement reads: the state before and after the wave, and the wave itself."""

    before: UserState
    state: UserState
    wave: Wave
    stream_before_ms: int
    settings: Settings

    def now_ms(self, pos: int) -> int:
        """Stream time at a record; before the first one, the partition's."""
        return int(self.wave.stream_ms[pos]) if pos >= 0 else self.stream_before_ms


def due_users(judge: Judge, stops: Stops) -> DueUsers:
    """Return the users who need a decision; a user is due at most once in a wave.

    Timers that fired leave the state, whether they led to a decision or not.
    """
    fired = _fired(judge, stops)
    found = [_judge_timer(judge, stops, row, timer) for row, timer in fired.items()]
    found += [_judge_event(judge, stops, row) for row in np.flatnonzero(stops.event).tolist()]
    rows = np.array(list(fired), np.int64)
    drop_timers(judge.state, rows, stops.timer[rows].astype(np.uint8))
    due = np.array([each for each in found if each is not None], _DUE)
    due = due[np.argsort(due["row"])]
    names = ("kind", "cause", "item", "category", "due_ms", "now_ms", "pos")
    return DueUsers(judge.state.take(due["row"]), *(due[name] for name in names))


def _fired(judge: Judge, stops: Stops) -> dict[int, Any]:
    """Each stop's timer by row, if it is still due: an event of the wave may have put it off."""
    timers, slots = judge.state.timers.data, judge.state.timers.slots
    stopped = np.flatnonzero(timers["kind"] == stops.timer[slots])
    until_ms = judge.wave.stream_ms[stops.end[slots[stopped]]]
    due = stopped[timers["due_ms"][stopped] <= until_ms]
    return dict(zip(slots[due].tolist(), timers[due], strict=True))


def _judge_timer(judge: Judge, stops: Stops, row: int, timer: Any) -> tuple[Any, ...] | None:
    pos, due_ms = int(stops.end[row]), int(timer["due_ms"])
    now_ms = max(due_ms, judge.now_ms(pos - 1))
    kind = TriggerKind(int(timer["kind"]))
    if debounced(judge.state, row, kind, now_ms, judge.settings.debounce_ms):
        return None
    events = judge.state.events.of(row)
    item = _timer_item(kind, events, timer)
    if item is None:
        return None
    return (row, kind, timer["event"], item, _category(events, item), due_ms, now_ms, pos)


def _timer_item(kind: TriggerKind, events: NDArray[Any], timer: Any) -> int | None:
    """The item a timer is about, 0 for none; None when its reason has gone."""
    if kind == TriggerKind.CART_LEFT:
        return cart_is_left(events)
    if kind == TriggerKind.SEARCH_LEFT:
        searched = events[events["event"] == timer["event"]]
        if len(searched) and search_is_left(events, int(searched["ts_ms"][0])):
            return 0
        return None
    return int(timer["item"]) if still_owns(events, int(timer["item"])) else None


def _judge_event(judge: Judge, stops: Stops, row: int) -> tuple[Any, ...] | None:
    pos = int(stops.end[row]) - 1
    now_ms = judge.now_ms(pos)
    for kind, cause, item, category in _event_triggers(judge, row, pos):
        waits = judge.settings.debounce_ms if kind != TriggerKind.RETRACT else 0
        if not debounced(judge.state, row, kind, now_ms, waits):
            return (row, kind, cause, item, category, -1, now_ms, pos)
    return None


def _event_triggers(judge: Judge, row: int, pos: int) -> list[tuple[TriggerKind, int, int, int]]:
    """All triggers of the record at ``pos``, the most urgent first."""
    facts, at = _at(judge.wave.facts, pos), _at(judge.wave.contexts, pos)
    found = _retractions(judge, facts, at)
    found += [trigger for fact in facts for trigger in _fact_triggers(judge, row, fact)]
    if len(at) and changed_field(judge.before, row, _earlier(judge, row, pos), at) is not None:
        found.append((TriggerKind.CONTEXT_CHANGE, int(at["event"][0]), 0, 0))
    return found


def _at(rows: NDArray[Any], pos: int) -> NDArray[Any]:
    """The rows that the record at ``pos`` gave; rows are in the order of the input."""
    start, stop = np.searchsorted(rows["pos"], (pos, pos + 1))
    found: NDArray[Any] = rows[start:stop]
    return found


def _earlier(judge: Judge, row: int, pos: int) -> NDArray[Any]:
    """The user's context rows of this wave before ``pos``."""
    contexts = judge.wave.contexts
    mine: NDArray[Any] = contexts[(contexts["user"] == row) & (contexts["pos"] < pos)]
    return mine


def _retractions(
    judge: Judge, facts: NDArray[Any], contexts: NDArray[Any]
) -> list[tuple[TriggerKind, int, int, int]]:
    bought = facts[may_retract_bought(judge.state, facts, judge.wave.stream_ms)]
    denied = contexts[may_retract_denied(judge.state, contexts, judge.wave.stream_ms)]
    if len(bought):
        return [(TriggerKind.RETRACT, int(bought["event"][0]), int(bought["item"][0]), 0)]
    return [(TriggerKind.RETRACT, int(denied["event"][0]), 0, 0)] if len(denied) else []


def _fact_triggers(judge: Judge, row: int, fact: Any) -> list[tuple[TriggerKind, int, int, int]]:
    cause, item, category = int(fact["event"]), int(fact["item"]), int(fact["category"])
    if fact["type"] == EventType.FAV:
        return [(TriggerKind.FAVOURITE, cause, item, category)]
    if fact["type"] != EventType.VIEW:
        return []
    rules = (
        (TriggerKind.REPEAT_ITEM, "item", judge.settings.repeat_item_views),
        (TriggerKind.REPEAT_CATEGORY, "category", judge.settings.repeat_category_views),
    )
    window_ms = judge.settings.repeat_window_ms
    return [
        (kind, cause, item, category)
        for kind, column, threshold in rules
        if fact[column] and repeats(judge.state, row, fact, column, threshold, window_ms)
    ]


def debounced(state: UserState, row: int, kind: TriggerKind, now_ms: int, debounce_ms: int) -> bool:
    """Tell whether the user had a decision of this kind within the debounce."""
    notes = state.debounce.of(row)
    last = notes["at_ms"][notes["kind"] == kind]
    return bool(len(last)) and now_ms < int(last.max()) + debounce_ms


def _category(events: NDArray[Any], item: int) -> int:
    same = events[(events["item"] == item) & (events["category"] != 0)]
    return int(same["category"][-1]) if item and len(same) else 0
