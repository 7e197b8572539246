"""Which timers fire inside a batch, and before which record: an event may put one off before it does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import TIMER, UserState, joined
from schemas.vocabulary import TriggerKind
from streams.pipeline.aggregate.aggregate import Wave
from streams.pipeline.aggregate.journal import armed
from streams.pipeline.trigger.waits import waits
from streams.settings import Settings
from streams.shared.arrays import order_by

FIRING = np.dtype([*TIMER.descr, ("row", "<i8"), ("set", "<i8"), ("pos", "<i8"), ("end", "<i8")])
"""A timer of a row, set by the record before position ``set``; left alone it fires just before the
record at ``pos``, if that is before ``end``, where the row's block of the batch ends."""

Ints = NDArray[np.int64]


def firings(state: UserState, pending: Wave, cursor: Ints, settings: Settings) -> NDArray[Any]:
    """Return the timers (FIRING) that fire from ``cursor`` (int64[n]) on, in the order in which they do.

    That is by row, position, due time and kind. It depends on facts and stream time alone: a timer
    that fired is gone, whatever came of it.
    """
    timers = joined(
        (
            _timers(state.timers.slots, cursor[state.timers.slots], state.timers.data),
            _armed(pending, settings),
        )
    )
    block = pending.timeline.block_of(cursor)[timers["row"]]
    soon = timers["due_ms"] <= pending.timeline.last_ms(block)
    if not soon.any():
        return timers[:0]
    timers, block = _with_another(timers, block, soon, len(state))
    reached = pending.timeline.reached(block, timers["due_ms"])
    timers["pos"] = np.maximum(reached, timers["set"])
    timers["end"] = pending.timeline.starts[block + 1]
    timers = timers.take(
        order_by(*(timers[name] for name in ("row", "kind", "set", "due_ms", "event", "item")))
    )
    fired = timers.take(_fired(timers))
    return fired.take(order_by(*(fired[name] for name in ("row", "pos", "due_ms", "kind"))))


def asking(
    state: UserState, pending: Wave, fired: NDArray[Any], settings: Settings
) -> NDArray[np.bool_]:
    """Mark the firings that end in a decision or a suppression; the others wait, and are counted."""
    now_ms = np.maximum(fired["due_ms"], pending.timeline.before(fired["pos"]))
    asks: NDArray[np.bool_] = ~waits(state, fired["row"], fired["kind"], now_ms, settings)
    return asks


def _armed(pending: Wave, settings: Settings) -> NDArray[Any]:
    """The timers that events of the batch set."""
    rows, timers = armed(pending.facts, pending.stream_ms, settings)
    causes = pending.facts.take(rows)
    return _timers(causes["user"], causes["pos"] + 1, timers)


def _timers(rows: NDArray[Any], set_at: NDArray[Any], timers: NDArray[Any]) -> NDArray[Any]:
    found = np.zeros(len(timers), FIRING)
    for name in TIMER.names or ():
        found[name] = timers[name]
    found["row"], found["set"] = rows, set_at
    return found


def _with_another(
    timers: NDArray[Any], block: Ints, soon: NDArray[np.bool_], users: int
) -> tuple[NDArray[Any], Ints]:
    """The timers of each (row, kind) of which any is due by the end of the batch."""
    pair = timers["row"] * len(TriggerKind) + timers["kind"]
    any_soon = np.zeros(users * len(TriggerKind), bool)
    any_soon[pair[soon]] = True
    chosen = any_soon[pair]
    return timers.compress(chosen), block[chosen]


def _fired(timers: NDArray[Any]) -> Ints:
    """Which of the timers fire; they are in the order in which those of a (row, kind) are set."""
    pairs, ranks = (
        list(zip(*(timers[name].tolist() for name in names), strict=True))
        for names in (("row", "kind"), ("due_ms", "event", "item"))
    )
    set_at, pos, end = (timers[name].tolist() for name in ("set", "pos", "end"))
    fired, now = [], 0
    for later in range(1, len(timers) + 1):
        same = later < len(timers) and pairs[later] == pairs[now]
        if pos[now] < (set_at[later] if same else end[now]):
            fired.append(now)
        elif same and ranks[later] < ranks[now]:
            continue  # the latest due time stays
        now = later
    return np.array(fired, np.int64)
