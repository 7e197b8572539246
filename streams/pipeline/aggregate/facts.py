"""Facts: a function of the set of accepted events, whatever their order (DESIGN law 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.moments import event_ids, moments, times_ms
from schemas.state import (
    CONTEXT,
    EVENT,
    FLAG_EVENTS_TRUNCATED,
    FLAG_SEEN_TRUNCATED,
    NEVER_MS,
    TILE,
    TILE_MS,
    Ragged,
    UserState,
    joined,
)
from schemas.vocabulary import DEEDS, EventType, among
from streams.pipeline.aggregate.newest import newest
from streams.pipeline.aggregate.tails import replaced, staying, tail
from streams.shared.arrays import order_by

Ints = NDArray[np.int64]

_TILE_MAX = np.iinfo(np.uint16).max


def add_events(state: UserState, events: NDArray[Any], lateness_ms: int, seen_ids: int) -> None:
    """Remember the ids of ``events`` (EVENT_ROW) and move first, newest and total.

    Ids older than the horizon behind the newest go; so do the oldest beyond ``seen_ids``, and
    then ``floor_ms`` says from when on an event can still be told from a duplicate.
    """
    users, head, was_ms = events["user"], state.head, state.head["newest_ms"].copy()
    np.add.at(head["total"], users, 1)
    np.maximum.at(head["newest_ms"], users, events["ts_ms"])
    first = np.where(head["first_ms"] == NEVER_MS, np.iinfo(np.int64).max, head["first_ms"])
    np.minimum.at(first, users, events["ts_ms"])
    head["first_ms"] = np.where(head["newest_ms"] == NEVER_MS, NEVER_MS, first)
    _remember(state, events, was_ms, head["newest_ms"] - lateness_ms, seen_ids)
    passed = head["floor_ms"] <= head["newest_ms"] - lateness_ms
    head["floor_ms"][passed] = NEVER_MS  # the horizon says the same
    head["flags"][passed] &= ~np.uint8(FLAG_SEEN_TRUNCATED)


def _remember(
    state: UserState, events: NDArray[Any], was_ms: Ints, horizon_ms: Ints, seen_ids: int
) -> None:
    """Add ids and forget others; ``was_ms``: newest times before, by which the rows are read."""
    seen = state.seen

    def keys(places: Ints, users: Ints) -> Ints:
        return times_ms(seen.data[places], was_ms[users])

    first, cut = staying(seen, keys, horizon_ms, events["user"], events["ts_ms"])
    slots, rows = tail(seen, cut, events["user"], moments(events["ts_ms"], events["event"]))
    old = len(rows) - len(events)
    ms = np.concatenate((times_ms(rows[:old], was_ms[slots[:old]]), events["ts_ms"]))
    inside = np.flatnonzero(ms >= horizon_ms[slots])
    slots, rows, ms = slots[inside], rows.take(inside), ms[inside]
    order = order_by(slots, ms, event_ids(rows))
    ends = Ragged.group(len(state), slots[order], rows.take(order))
    state.seen = replaced(seen, first, cut, ends)
    _limit(state, seen_ids)


def _limit(state: UserState, seen_ids: int) -> None:
    """Forget the oldest ids beyond the limit, and leave a floor."""
    seen, head = state.seen, state.head
    over = seen.lengths - seen_ids
    users = np.flatnonzero(over > 0)
    if not len(users):
        return
    first = seen.offsets[:-1] + np.maximum(over, 0)
    last_ms = times_ms(seen.data[first[users] - 1], head["newest_ms"][users])
    head["floor_ms"][users] = np.maximum(head["floor_ms"][users], last_ms + 1)
    head["flags"][users] |= FLAG_SEEN_TRUNCATED
    nothing = Ragged.empty(len(state), seen.data.dtype)
    state.seen = replaced(seen, first, seen.offsets[1:], nothing)


def add_tiles(state: UserState, facts: NDArray[Any], retention_ms: int) -> None:
    """Count ``facts`` (FACT_ROW) in their 15-minute tiles; a count stops at 65,535.

    An order counts once, however many lines it has; app minutes count as minutes.
    """
    counted, tiles = facts[facts["line"] == 0], state.tiles
    fresh = np.zeros(len(counted), TILE)
    fresh["tile"], fresh["type"] = counted["ts_ms"] // TILE_MS, counted["type"]
    minutes = counted["type"] == EventType.APP_MINUTES
    fresh["n"] = np.where(minutes, counted["quantity"], 1)

    def keys(places: Ints, users: Ints) -> Ints:
        return tiles.data["tile"][places].astype(np.int64)

    oldest = (state.head["newest_ms"] - retention_ms) // TILE_MS
    first, cut = staying(tiles, keys, oldest, counted["user"], fresh["tile"])
    slots, rows = tail(tiles, cut, counted["user"], fresh)
    inside = np.flatnonzero(rows["tile"].astype(np.int64) >= oldest[slots])
    slots, rows = _counted(slots[inside], rows.take(inside))
    state.tiles = replaced(tiles, first, cut, Ragged.group(len(state), slots, rows))


def _counted(slots: Ints, rows: NDArray[Any]) -> tuple[Ints, NDArray[Any]]:
    """One row for each user, tile and type, with the sum of their counts."""
    order = order_by(slots, rows["tile"], rows["type"])
    slots, rows = slots[order], rows.take(order)
    first = _run_starts(slots, rows["tile"], rows["type"])
    totals = np.add.reduceat(rows["n"].astype(np.int64), first) if len(first) else rows["n"]
    slots, rows = slots[first], rows.take(first)
    rows["n"] = np.minimum(totals, _TILE_MAX)
    return slots, rows


def add_recent(state: UserState, facts: NDArray[Any], recent_events: int) -> None:
    """Keep the newest facts about items or queries by (ts, event, line)."""
    kept_facts, events = facts[among(facts["type"], DEEDS)], state.events
    fresh = np.zeros(len(kept_facts), EVENT)
    for name in EVENT.names or ():
        fresh[name] = kept_facts[name]

    kept = newest(events, kept_facts["user"], fresh, ("ts_ms", "event", "line"), recent_events)
    state.head["flags"][kept.losers] |= FLAG_EVENTS_TRUNCATED
    state.events = kept.rows


def add_context(state: UserState, contexts: NDArray[Any]) -> None:
    """Keep the last-known value per field by (ts, event); ``contexts`` are CONTEXT_ROWs."""
    fresh = np.zeros(len(contexts), CONTEXT)
    for name in CONTEXT.names or ():
        fresh[name] = contexts[name]
    slots, rows = _union(state.context, contexts["user"], fresh)
    order = order_by(slots, rows["field"], rows["ts_ms"], rows["event"], rows["value"])
    slots, rows = slots[order], rows.take(order)
    last = _run_ends(slots, rows["field"])
    state.context = Ragged.group(len(state), slots[last], rows.take(last))


def _union(
    old: Ragged, users: NDArray[Any], fresh: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    slots = np.concatenate((old.slots, users.astype(np.int64)))
    return slots, joined((old.data, fresh))


def _run_starts(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Indices at which any of the sorted columns changes."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    changed = np.zeros(len(columns[0]), bool)
    changed[0] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changed)


def _run_ends(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Indices of the last row of each run of equal columns."""
    starts = _run_starts(*columns)
    return np.append(starts[1:], len(columns[0]))[: len(starts)] - 1
