"""Where each user's wave ends: before the next due timer, or with the next event that may trigger.

A wave may stop once too often, never once too rarely: what stops it is judged afterwards, on the
applied state. So decisions do not depend on how the input was cut into batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.timeline import Timeline
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.aggregate.aggregate import Wave, timer_delays
from streams.pipeline.aggregate.journal import TIMER_CAUSES
from streams.pipeline.trigger.context_change import may_change
from streams.pipeline.trigger.interest import may_repeat
from streams.pipeline.trigger.retract import may_retract_bought, may_retract_denied
from streams.settings import Settings
from streams.shared.arrays import order_by


@dataclass(slots=True)
class Stops:
    """Per user: rows with ``pos < end`` are applied, then ``timer`` (kind, -1: none) fires or
    the event at ``end - 1`` (``event``) is judged; neither: the user is through.
    """

    end: NDArray[np.int64]
    timer: NDArray[np.int64]
    event: NDArray[np.bool_]


def plan(state: UserState, pending: Wave, cursor: NDArray[np.int64], settings: Settings) -> Stops:
    """Find every user's stop; ``cursor`` (int64[n]) is the first position not yet applied.

    It lies in the block of the user's partition.
    """
    through = len(pending.timeline)
    timer_pos, timer_kind = _next_timer(state, pending.timeline, cursor)
    event_pos = np.full(len(state), through)
    for rows, marked in (
        (pending.facts, _suspected_facts(state, pending, settings)),
        (pending.contexts, _suspected_contexts(state, pending)),
    ):
        np.minimum.at(event_pos, rows["user"][marked], rows["pos"][marked])
    by_timer = (timer_pos <= event_pos) & (timer_pos < through)
    by_event = ~by_timer & (event_pos < through)
    end = np.where(by_timer, timer_pos, np.where(by_event, event_pos + 1, through))
    return Stops(end, np.where(by_timer, timer_kind, -1), by_event)


def _next_timer(
    state: UserState, timeline: Timeline, cursor: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position before which each user's earliest timer fires, and its kind."""
    timers, slots = state.timers.data, state.timers.slots
    pos = np.full(len(state), len(timeline))
    kind = np.full(len(state), -1)
    order = order_by(slots, timers["due_ms"], timers["kind"])[::-1]  # the earliest is written last
    block = timeline.block_of(cursor)[slots[order]]
    reached = timeline.reached(block, timers["due_ms"][order])
    pos[slots[order]] = np.maximum(reached, cursor[slots[order]])
    kind[slots[order]] = timers["kind"][order]
    return pos, kind


def _suspected_facts(state: UserState, pending: Wave, settings: Settings) -> NDArray[np.bool_]:
    facts, stream_ms = pending.facts, pending.stream_ms
    marked: NDArray[np.bool_] = facts["type"] == EventType.FAV
    for kind, column, threshold in (
        (TriggerKind.REPEAT_ITEM, "item", settings.repeat_item_views),
        (TriggerKind.REPEAT_CATEGORY, "category", settings.repeat_category_views),
    ):
        repeated = may_repeat(state, facts, column, threshold)
        if repeated.any():
            marked |= repeated & ~_waits(state, facts, kind, stream_ms, settings)
    marked |= may_retract_bought(state, facts, stream_ms)
    return marked | _arms_within(facts, pending.timeline, settings)


def _suspected_contexts(state: UserState, pending: Wave) -> NDArray[np.bool_]:
    contexts = pending.contexts
    return may_change(state, contexts) | may_retract_denied(state, contexts, pending.stream_ms)


def _waits(
    state: UserState,
    rows: NDArray[Any],
    kind: TriggerKind,
    stream_ms: NDArray[np.int64],
    settings: Settings,
) -> NDArray[np.bool_]:
    """Mark rows whose trigger of this kind would be debounced: no need to stop there."""
    until = np.full(len(state), np.iinfo(np.int64).min)
    mine = state.debounce.data["kind"] == kind
    until[state.debounce.slots[mine]] = state.debounce.data["at_ms"][mine] + settings.debounce_ms
    waits: NDArray[np.bool_] = stream_ms[rows["pos"]] < until[rows["user"]]
    return waits


def _arms_within(facts: NDArray[Any], timeline: Timeline, settings: Settings) -> NDArray[np.bool_]:
    """Mark events that start a timer which is due inside this very batch."""
    marked = np.zeros(len(facts), bool)
    delays = timer_delays(settings)
    if not len(facts) or facts["ts_ms"].min() + min(delays.values()) > timeline.ms.max():
        return marked
    last_ms = timeline.last_ms(timeline.block_of(facts["pos"]))
    for kind, cause in TIMER_CAUSES.items():
        due = facts["ts_ms"] + delays[kind] <= last_ms
        marked |= (facts["type"] == cause) & due
    return marked
