"""The journal: a function of the partition's input sequence (DESIGN law 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import DEBOUNCE, PUSH, TIMER, Ragged, UserState, joined
from schemas.vocabulary import EventType, PushOrigin, PushStatus, TriggerKind, among
from streams.settings import Settings
from streams.shared.arrays import order_by

PUSH_HISTORY_MS = 32 * 86_400_000
"""Pushes are kept for longer than any cap or default cooldown looks back."""
PUSH_HISTORY = 64


def armed(
    facts: NDArray[Any], stream_ms: NDArray[np.int64], settings: Settings
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the ``facts`` (FACT_ROW) that start a timer, as indices, and their timers (TIMER).

    An event that arrives more than a candidate's life after its timer's due time starts none:
    nobody wants to hear of a cart of last week.
    """
    rows = among(facts["type"], tuple(TIMER_CAUSES.values())).nonzero()[0]
    causes, delays = facts.take(rows), timer_delays(settings)
    timers = np.zeros(len(rows), TIMER)
    timers["event"], timers["item"] = causes["event"], causes["item"]
    for kind, cause in TIMER_CAUSES.items():
        of_kind = causes["type"] == cause
        timers["kind"][of_kind] = kind
        timers["due_ms"][of_kind] = causes["ts_ms"][of_kind] + delays[kind]
    useful = timers["due_ms"] >= stream_ms[causes["pos"]] - settings.candidate_life_ms
    return rows[useful], timers.compress(useful)


def arm_timers(
    state: UserState,
    facts: NDArray[Any],
    stream_ms: NDArray[np.int64],
    gone: NDArray[np.int64],
    settings: Settings,
) -> None:
    """Set each user's timers from ``facts``; the latest due time of a kind wins.

    ``gone`` (int64[users, kinds]): a timer of the kind fired before this position and left nothing
    of what had been set by then; -1: none did.
    """
    rows, timers = armed(facts, stream_ms, settings)
    if not len(rows) and (gone < 0).all():
        return
    users = facts["user"][rows].astype(np.int64)
    lives = facts["pos"][rows] >= gone[users, timers["kind"]]
    slots, kept = state.timers.slots, state.timers.data
    stays = gone[slots, kept["kind"]] < 0
    all_slots = np.concatenate((slots[stays], users[lives]))
    _keep_latest(state, all_slots, joined((kept.compress(stays), timers.compress(lives))))


TIMER_CAUSES = {
    TriggerKind.CART_LEFT: EventType.CART,
    TriggerKind.SEARCH_LEFT: EventType.SEARCH,
    TriggerKind.FOLLOW_UP: EventType.PURCHASE,
}
"""Which event starts which timer."""


def timer_delays(settings: Settings) -> dict[TriggerKind, int]:
    """How long after its cause each timer is due, in ms."""
    return {
        TriggerKind.CART_LEFT: settings.cart_left_ms,
        TriggerKind.SEARCH_LEFT: settings.search_left_ms,
        TriggerKind.FOLLOW_UP: settings.follow_up_ms,
    }


def _keep_latest(state: UserState, slots: NDArray[np.int64], rows: NDArray[Any]) -> None:
    order = order_by(slots, rows["kind"], rows["due_ms"], rows["event"], rows["item"])
    slots, rows = slots[order], rows.take(order)
    if len(rows):
        last = np.append((slots[1:] != slots[:-1]) | (rows["kind"][1:] != rows["kind"][:-1]), True)
        slots, rows = slots[last], rows.compress(last)
    state.timers = Ragged.group(len(state), slots, rows)


def add_timers(state: UserState, users: NDArray[np.int64], timers: NDArray[Any]) -> None:
    """Set timers (TIMER rows) of users, sorted by user; the latest due time of a kind wins."""
    slots = np.concatenate((state.timers.slots, users))
    _keep_latest(state, slots, joined((state.timers.data, timers)))


def next_due(state: UserState) -> dict[bytes, int]:
    """Return each user's earliest timer in ms, -1 without one."""
    none = np.iinfo(np.int64).max
    due: NDArray[np.int64] = np.full(len(state), none)
    np.minimum.at(due, state.timers.slots, state.timers.data["due_ms"])
    return dict(zip(state.keys, np.where(due == none, -1, due).tolist(), strict=True))


def drop_timers(state: UserState, users: NDArray[np.int64], kinds: NDArray[np.uint8]) -> None:
    """Take the fired timers out: one kind per user."""
    if not len(users):
        return
    fired = np.full(len(state), -1)
    fired[users] = kinds
    slots = state.timers.slots
    kept = state.timers.data["kind"] != fired[slots]
    state.timers = Ragged.group(len(state), slots[kept], state.timers.data.compress(kept))


def note_debounce(
    state: UserState,
    users: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    now_ms: NDArray[np.int64],
) -> None:
    """Start the debounce of each decision's kind."""
    fresh = np.zeros(len(users), DEBOUNCE)
    fresh["at_ms"], fresh["kind"] = now_ms, kinds
    slots = np.concatenate((state.debounce.slots, users))
    rows = joined((state.debounce.data, fresh))
    order = order_by(slots, rows["kind"], np.arange(len(rows)))  # time may have been brought back
    slots, rows = slots[order], rows.take(order)
    if len(rows):
        last = np.append((slots[1:] != slots[:-1]) | (rows["kind"][1:] != rows["kind"][:-1]), True)
        slots, rows = slots[last], rows.compress(last)
    state.debounce = Ragged.group(len(state), slots, rows)


def note_pushes(
    state: UserState, users: NDArray[np.int64], pushes: NDArray[Any], now_ms: NDArray[np.int64]
) -> None:
    """Append published pushes (PUSH rows) and forget those older than the history."""
    if not len(users):
        return
    slots = np.concatenate((state.pushes.slots, users))
    rows = joined((state.pushes.data, pushes.astype(PUSH)))
    order = order_by(slots, rows["created_ms"], rows["id_hi"], rows["id_lo"])
    slots, rows = slots[order], rows.take(order)
    oldest = np.full(len(state), np.iinfo(np.int64).min)
    oldest[users] = now_ms - PUSH_HISTORY_MS
    ends = np.searchsorted(slots, np.arange(len(state)), side="right")
    kept = (ends[slots] - np.arange(len(slots)) <= PUSH_HISTORY) & (
        rows["expires_ms"] >= oldest[slots]
    )
    state.pushes = Ragged.group(len(state), slots[kept], rows.compress(kept))


def forget_shadow(state: UserState) -> None:
    """Forget the pushes that were decided in shadow: nobody saw them."""
    slots, pushes = state.pushes.slots, state.pushes.data
    kept = pushes["origin"] != PushOrigin.SHADOW
    if not kept.all():
        state.pushes = Ragged.group(len(state), slots[kept], pushes.compress(kept))


def move_pushes(state: UserState, moves: list[tuple[int, int, int, int]]) -> None:
    """Move pushes: (user, index into the user's pushes, new beginning and end of the slot in ms)."""
    if not moves:
        return
    pushes = state.pushes.data.copy()
    users, within, at_ms, expires_ms = np.array(moves, np.int64).T
    places = state.pushes.offsets[users] + within
    pushes["at_ms"][places], pushes["expires_ms"][places] = at_ms, expires_ms
    pushes["revision"][places] += 1
    state.pushes = Ragged(pushes, state.pushes.offsets)


def cancel_pushes(state: UserState, cancelled: list[tuple[int, int]]) -> None:
    """Mark pushes as cancelled: pairs of (user, index into the user's pushes)."""
    if not cancelled:
        return
    pushes = state.pushes.data.copy()
    users, within = np.array(cancelled, np.int64).T
    pushes["status"][state.pushes.offsets[users] + within] = PushStatus.CANCELLED
    state.pushes = Ragged(pushes, state.pushes.offsets)
