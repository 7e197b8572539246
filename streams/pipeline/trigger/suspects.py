"""Which records of a batch may trigger: cheap tests that never miss one, exact where one user's are many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.trigger.ahead import events_ahead, looked_at, of_many
from streams.pipeline.trigger.context_change import may_change
from streams.pipeline.trigger.interest import may_repeat, repeated_columns, repeats
from streams.pipeline.trigger.last_known import overtakes
from streams.pipeline.trigger.retract import may_move, may_retract_denied, may_retract_item
from streams.pipeline.trigger.waits import waits
from streams.settings import Settings

Mask = NDArray[np.bool_]


def suspected_facts(state: UserState, pending: Wave, settings: Settings) -> Mask:
    """Mark the facts of the wave at which a user has to stop."""
    facts, stream_ms = pending.facts, pending.stream_ms
    marked = may_retract_item(state, facts, stream_ms)
    favourites = facts["type"] == EventType.FAV
    marked |= _unless_waiting(state, pending, facts, favourites, TriggerKind.FAVOURITE, settings)
    return marked | _repeated(state, pending, settings)


def suspected_contexts(state: UserState, pending: Wave, settings: Settings) -> Mask:
    """Mark the reports of the wave at which a user has to stop."""
    reports = pending.contexts
    changed = may_change(state, reports)
    kind = TriggerKind.CONTEXT_CHANGE
    changed = _unless_waiting(state, pending, reports, changed, kind, settings)
    denied = may_retract_denied(state, reports, pending.stream_ms, settings)
    many = of_many(reports["user"].astype(np.int64), changed)
    if len(many):
        told = reports.take(many)
        leads, before = overtakes(state.context, told)
        another = (before != 0) & (before != told["value"])
        changed[many] &= leads & another
    return changed | denied | may_move(state.pushes, state.context, reports, pending.stream_ms)


def _repeated(state: UserState, pending: Wave, settings: Settings) -> Mask:
    """Mark the views that may show repeated interest."""
    facts = pending.facts
    columns = repeated_columns(settings)
    each = [
        _unless_waiting(
            state, pending, facts, may_repeat(state, facts, column, threshold), kind, settings
        )
        for kind, column, threshold in columns
    ]
    marked: Mask = np.logical_or.reduce(each)
    suspects = marked.nonzero()[0]
    users, pos = (facts[name][suspects].astype(np.int64) for name in ("user", "pos"))
    looked = looked_at(users, pos)
    if len(looked):
        some = suspects[looked]
        recent = settings.recent_events
        events = events_ahead(state.events, facts, users[looked], pos[looked] + 1, recent)
        told, rows = facts.take(some), np.arange(len(some))
        found = [
            may[some] & repeats(events, rows, told, column, threshold, settings.repeat_window_ms)
            for may, (_, column, threshold) in zip(each, columns, strict=True)
        ]
        marked[some] = np.logical_or.reduce(found)
    return marked


def _unless_waiting(
    state: UserState,
    pending: Wave,
    rows: NDArray[Any],
    marked: Mask,
    kind: TriggerKind,
    settings: Settings,
) -> Mask:
    """Leave out marked rows whose trigger of this kind would get no decision."""
    at = marked.nonzero()[0]
    if len(at):
        users, now_ms = rows["user"][at].astype(np.int64), pending.stream_ms[rows["pos"][at]]
        kinds = np.full(len(at), kind, np.uint8)
        marked[at] = ~waits(state, users, kinds, now_ms, settings)
    return marked
