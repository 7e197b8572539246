"""The journal: a function of the partition's input sequence (DESIGN law 1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import DEBOUNCE, PUSH, TIMER, Ragged, UserState, joined
from schemas.vocabulary import EventType, PushStatus, TriggerKind
from streams.shared.arrays import order_by

PUSH_HISTORY_MS = 32 * 86_400_000
"""Pushes are kept for longer than any cap or default cooldown looks back."""
PUSH_HISTORY = 64

_FINAL = (PushStatus.RATING,)  # a rating says nothing about where the push stands


def apply_receipts(state: UserState, receipts: NDArray[Any]) -> None:
    """Move the pushes that ``receipts`` (RECEIPT_ROW) name; a sent push counts when it was sent.

    Unknown ids are ignored: they belong to history that the journal let go.
    """
    if not len(receipts) or not len(state.pushes.data):
        return
    pushes, slots = state.pushes.data.copy(), state.pushes.slots
    for row in receipts:
        same = (slots == row["user"]) & (pushes["id_hi"] == row["id_hi"])
        same &= pushes["id_lo"] == row["id_lo"]
        if row["status"] not in _FINAL:
            pushes["status"][same] = np.maximum(pushes["status"][same], row["status"])
        if row["status"] == PushStatus.SENT:
            pushes["at_ms"][same] = row["ts_ms"]
    state.pushes = Ragged(pushes, state.pushes.offsets)


def arm_timers(
    state: UserState,
    facts: NDArray[Any],
    stream_ms: NDArray[np.int64],
    delays_ms: dict[TriggerKind, int],
    stale_ms: int,
) -> None:
    """Set each user's timers from ``facts``; the latest due time of a kind wins.

    An event that arrives more than ``stale_ms`` after its timer's due time arms nothing: nobody
    wants to hear of a cart of last week.
    """
    rows = [state.timers.data]
    slots = [state.timers.slots]
    for kind, cause in TIMER_CAUSES.items():
        chosen = facts[facts["type"] == cause]
        fresh = np.zeros(len(chosen), TIMER)
        fresh["due_ms"] = chosen["ts_ms"] + delays_ms[kind]
        fresh["event"], fresh["item"], fresh["kind"] = chosen["event"], chosen["item"], kind
        useful = fresh["due_ms"] >= stream_ms[chosen["pos"]] - stale_ms
        rows.append(fresh[useful])
        slots.append(chosen["user"][useful].astype(np.int64))
    _keep_latest(state, np.concatenate(slots), joined(rows))


TIMER_CAUSES = {
    TriggerKind.CART_LEFT: EventType.CART,
    TriggerKind.SEARCH_LEFT: EventType.SEARCH,
    TriggerKind.FOLLOW_UP: EventType.PURCHASE,
}
"""Which event starts which timer."""


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


def note_decisions(
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
    order = order_by(slots, rows["kind"], rows["at_ms"])
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


def cancel_pushes(state: UserState, cancelled: list[tuple[int, int]]) -> None:
    """Mark pushes as cancelled: pairs of (user, index into the user's pushes)."""
    if not cancelled:
        return
    pushes = state.pushes.data.copy()
    users, within = np.array(cancelled, np.int64).T
    pushes["status"][state.pushes.offsets[users] + within] = PushStatus.CANCELLED
    state.pushes = Ragged(pushes, state.pushes.offsets)
