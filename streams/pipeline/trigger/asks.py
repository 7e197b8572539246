"""What the events at a wave's stops ask for, each with its place in the order of urgency."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import UserState, joined
from schemas.vocabulary import EventType, TriggerKind
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.trigger.context_change import changes
from streams.pipeline.trigger.interest import repeated_columns, repeats
from streams.pipeline.trigger.plan import Stops
from streams.pipeline.trigger.retract import (
    may_move,
    may_retract_item,
    older_sent,
    retracts_denied,
)
from streams.settings import Settings

DUE = np.dtype(
    [
        ("row", "<i8"),
        ("kind", "u1"),
        ("cause", "<u8"),
        ("item", "<u8"),
        ("category", "<u8"),
        ("due_ms", "<i8"),
        ("now_ms", "<i8"),
        ("pos", "<i8"),
        ("standing", "u1"),
    ]
)
BESIDE = -3
"""A push that may have to move hides no other trigger: it is asked about beside it."""
_LAST = np.iinfo(np.int64).max
"""A changed situation is the least urgent: what the user did says more."""


def event_asks(
    before: UserState, state: UserState, wave: Wave, stops: Stops, settings: Settings
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the order of urgency within a row, and `DUE` rows without ``now_ms``.

    Retractions come first, then each fact of the record in turn, then the changed situation.
    """
    facts, (at, earlier) = _split(wave.facts, stops)[0], _split(wave.contexts, stops)
    ended = facts.compress(may_retract_item(state, facts, wave.stream_ms))
    bought = ended.compress(ended["type"] == EventType.PURCHASE)
    left = ended.compress(ended["type"] == EventType.REMOVE_CART)
    told = joined((earlier, at))
    moving = may_move(state.pushes, before.context, told, wave.stream_ms)
    moved = at.compress(moving[len(earlier) :])
    receipts = _split(wave.receipts, stops)[0]
    overtaken = receipts.compress(older_sent(state, receipts, wave.stream_ms))
    denied = at.compress(retracts_denied(state, at, wave.stream_ms, settings))
    asks = [
        _asks(bought, TriggerKind.RETRACT, np.full(len(bought), -2), about="item"),
        _asks(left, TriggerKind.RETRACT, np.full(len(left), -1)),
        _asks(denied, TriggerKind.RETRACT, np.full(len(denied), -1)),
        _asks(overtaken, TriggerKind.RETRACT, np.full(len(overtaken), -1), cause="id_lo"),
        _asks(moved, TriggerKind.RETRACT, np.full(len(moved), BESIDE)),
    ]
    for place, (kind, mask) in enumerate(_of_facts(state, facts, settings)):
        asked = mask.nonzero()[0]
        asks.append(_asks(facts.take(asked), kind, asked * 3 + place, about="item category"))
    changed = at.compress(changes(before, earlier, at))
    asks.append(_asks(changed, TriggerKind.CONTEXT_CHANGE, np.full(len(changed), _LAST)))
    return np.concatenate([order for order, _ in asks]), joined([due for _, due in asks])


def _split(rows: NDArray[Any], stops: Stops) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows of the records at which users stop, and all earlier ones."""
    here = stops.event[rows["user"]] & (rows["pos"] == stops.end[rows["user"]] - 1)
    return rows.compress(here), rows.compress(~here)


def _of_facts(
    state: UserState, facts: NDArray[Any], settings: Settings
) -> tuple[tuple[TriggerKind, NDArray[np.bool_]], ...]:
    rows = facts["user"].astype(np.int64)
    item, category = (
        repeats(state.events, rows, facts, column, threshold, settings.repeat_window_ms)
        for _, column, threshold in repeated_columns(settings)
    )
    return (
        (TriggerKind.FAVOURITE, facts["type"] == EventType.FAV),
        (TriggerKind.REPEAT_ITEM, item),
        (TriggerKind.REPEAT_CATEGORY, category),
    )


def _asks(
    rows: NDArray[Any],
    kind: TriggerKind,
    order: NDArray[np.int64],
    about: str = "",
    cause: str = "event",
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """``cause``: the column that names it; a receipt has no event, but its push's id."""
    due = np.zeros(len(rows), DUE)
    due["row"], due["kind"], due["cause"] = rows["user"], kind, rows[cause]
    due["due_ms"], due["pos"] = -1, rows["pos"]
    for name in about.split():
        due[name] = rows[name]
    return order, due
