"""The plan that looks at nothing ahead: a wave stops at every suspect and every timer that is set."""

from __future__ import annotations

import numpy as np

from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.aggregate.journal import TIMER_CAUSES, timer_delays
from streams.pipeline.trigger.context_change import may_change
from streams.pipeline.trigger.interest import may_repeat
from streams.pipeline.trigger.plan import Stops
from streams.pipeline.trigger.retract import (
    may_move,
    may_retract_denied,
    may_retract_item,
    older_sent,
)
from streams.shared.arrays import order_by


def plan(state, pending, cursor, settings):
    """`streams.pipeline.trigger.plan` before one user's suspects were looked at."""
    through = len(pending.timeline)
    timer_pos, timer_kind = _next_timer(state, pending.timeline, cursor)
    event_pos = np.full(len(state), through)
    for rows, marked in (
        (pending.facts, _suspected_facts(state, pending, settings)),
        (pending.contexts, _suspected_contexts(state, pending, settings)),
        (pending.receipts, older_sent(state, pending.receipts, pending.stream_ms)),
    ):
        np.minimum.at(event_pos, rows["user"][marked], rows["pos"][marked])
    by_timer = (timer_pos <= event_pos) & (timer_pos < through)
    by_event = ~by_timer & (event_pos < through)
    end = np.where(by_timer, timer_pos, np.where(by_event, event_pos + 1, through))
    gone = np.full((len(state), len(TriggerKind)), -1)
    return Stops(end, np.where(by_timer, timer_kind, -1), by_event, gone, np.zeros(0, np.int64))


def _next_timer(state, timeline, cursor):
    timers, slots = state.timers.data, state.timers.slots
    pos, kind = np.full(len(state), len(timeline)), np.full(len(state), -1)
    order = order_by(slots, timers["due_ms"], timers["kind"])[::-1]
    block = timeline.block_of(cursor)[slots[order]]
    reached = timeline.reached(block, timers["due_ms"][order])
    pos[slots[order]] = np.maximum(reached, cursor[slots[order]])
    kind[slots[order]] = timers["kind"][order]
    return pos, kind


def _suspected_facts(state, pending, settings):
    facts, stream_ms = pending.facts, pending.stream_ms
    marked = facts["type"] == EventType.FAV
    marked |= may_repeat(state, facts, "item", settings.repeat_item_views)
    marked |= may_repeat(state, facts, "category", settings.repeat_category_views)
    marked |= may_retract_item(state, facts, stream_ms)
    last_ms = pending.timeline.last_ms(pending.timeline.block_of(facts["pos"]))
    for kind, cause in TIMER_CAUSES.items():
        due = facts["ts_ms"] + timer_delays(settings)[kind] <= last_ms
        marked |= (facts["type"] == cause) & due
    return marked


def _suspected_contexts(state, pending, settings):
    contexts, stream_ms = pending.contexts, pending.stream_ms
    denied = may_retract_denied(state, contexts, stream_ms, settings)
    return (
        may_change(state, contexts)
        | denied
        | may_move(state.pushes, state.context, contexts, stream_ms)
    )
