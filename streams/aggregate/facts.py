"""Facts: a function of the set of accepted events, whatever their order (DESIGN law 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import (
    CONTEXT,
    EVENT,
    FLAG_EVENTS_TRUNCATED,
    FLAG_SEEN_TRUNCATED,
    NEVER_MS,
    SEEN,
    TILE,
    TILE_MS,
    Ragged,
    UserState,
    joined,
)
from schemas.vocabulary import DEEDS, EventType, among
from streams.groups import order_by

_TILE_MAX = np.iinfo(np.uint16).max


def add_events(state: UserState, events: NDArray[Any], lateness_ms: int, seen_ids: int) -> None:
    """Remember the ids of ``events`` (EVENT_ROW) and move first, newest and total.

    Ids older than the horizon behind the newest go; so do the oldest beyond ``seen_ids``, and
    then ``floor_ms`` says from when on an event can still be told from a duplicate.
    """
    users, head = events["user"], state.head
    np.add.at(head["total"], users, 1)
    np.maximum.at(head["newest_ms"], users, events["ts_ms"])
    first = np.where(head["first_ms"] == NEVER_MS, np.iinfo(np.int64).max, head["first_ms"])
    np.minimum.at(first, users, events["ts_ms"])
    head["first_ms"] = np.where(head["newest_ms"] == NEVER_MS, NEVER_MS, first)
    fresh = np.zeros(len(events), SEEN)
    fresh["event"], fresh["ts_ms"] = events["event"], events["ts_ms"]
    slots, rows = _union(state.seen, users, fresh)
    inside = rows["ts_ms"] >= head["newest_ms"][slots] - lateness_ms
    slots, rows = slots[inside], rows.compress(inside)
    order = order_by(slots, rows["ts_ms"], rows["event"])
    slots, rows = slots[order], rows.take(order)
    kept = _newest(slots, len(state), seen_ids)
    _raise_floor(head, slots[~kept], rows.compress(~kept), lateness_ms)
    state.seen = Ragged.group(len(state), slots[kept], rows.compress(kept))


def _raise_floor(
    head: NDArray[Any], slots: NDArray[Any], dropped: NDArray[Any], lateness_ms: int
) -> None:
    """Forgotten ids leave a floor, until the horizon has passed it and says the same."""
    if len(slots):
        np.maximum.at(head["floor_ms"], slots, dropped["ts_ms"] + 1)
        head["flags"][slots] |= FLAG_SEEN_TRUNCATED
    passed = head["floor_ms"] <= head["newest_ms"] - lateness_ms
    head["floor_ms"][passed] = NEVER_MS
    head["flags"][passed] &= ~np.uint8(FLAG_SEEN_TRUNCATED)


def add_tiles(state: UserState, facts: NDArray[Any], retention_ms: int) -> None:
    """Count ``facts`` (FACT_ROW) in their 15-minute tiles; a count stops at 65,535.

    An order counts once, however many lines it has; app minutes count as minutes.
    """
    counted = facts[facts["line"] == 0]
    fresh = np.zeros(len(counted), TILE)
    fresh["tile"], fresh["type"] = counted["ts_ms"] // TILE_MS, counted["type"]
    minutes = counted["type"] == EventType.APP_MINUTES
    fresh["n"] = np.where(minutes, counted["quantity"], 1)
    slots, rows = _union(state.tiles, counted["user"], fresh)
    oldest = (state.head["newest_ms"][slots] - retention_ms) // TILE_MS
    inside = rows["tile"].astype(np.int64) >= oldest
    slots, rows = slots[inside], rows.compress(inside)
    order = order_by(slots, rows["tile"], rows["type"])
    slots, rows = slots[order], rows.take(order)
    first = _run_starts(slots, rows["tile"], rows["type"])
    totals = np.add.reduceat(rows["n"].astype(np.int64), first) if len(first) else rows["n"]
    slots, rows = slots[first], rows.take(first)
    rows["n"] = np.minimum(totals, _TILE_MAX)
    state.tiles = Ragged.group(len(state), slots, rows)


def add_recent(state: UserState, facts: NDArray[Any], recent_events: int) -> None:
    """Keep the newest facts about items or queries by (ts, event, line)."""
    kept_facts = facts[among(facts["type"], DEEDS)]
    fresh = np.zeros(len(kept_facts), EVENT)
    for name in EVENT.names or ():
        fresh[name] = kept_facts[name]
    slots, rows = _union(state.events, kept_facts["user"], fresh)
    order = order_by(slots, rows["ts_ms"], rows["event"], rows["line"])
    slots, rows = slots[order], rows.take(order)
    kept = _newest(slots, len(state), recent_events)
    state.head["flags"][slots[~kept]] |= FLAG_EVENTS_TRUNCATED
    state.events = Ragged.group(len(state), slots[kept], rows.compress(kept))


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


def _newest(slots: NDArray[np.int64], users: int, keep: int) -> NDArray[np.bool_]:
    """Mark the last ``keep`` rows of each user; rows are sorted by user, oldest first."""
    ends = np.searchsorted(slots, np.arange(users), side="right")
    return ends[slots] - np.arange(len(slots)) <= keep


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
