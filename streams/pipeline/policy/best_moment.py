"""When to speak: the allowed hour of the next 24 in which the user is most worth waiting for."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import zone_table
from models.sendtime import ActivityModel, active, habits, moments
from models.sendtime.activity import HOURS
from schemas.tables import DueUsers
from schemas.vocabulary import TriggerKind
from streams.pipeline.policy import cap, min_gap, quiet_hours
from streams.pipeline.policy.asked import Asked, Slot
from streams.settings import Settings

HALF_LIVES_H: dict[TriggerKind, float] = {
    TriggerKind.SEARCH_LEFT: 6.0,
    TriggerKind.FOLLOW_UP: 48.0,
}
"""After how many hours an occasion is worth half. Other kinds do not wait: what the user does now,
or has left in a cart, is worth most at once."""
HOUR_MS = 3_600_000

Ints = NDArray[np.int64]


def choose(
    due: DueUsers, asked: list[Asked], settings: Settings, model: ActivityModel
) -> list[Asked]:
    """Return the users with the slots of those who can wait moved to their best moment.

    Only moments count at which no rule would stop the push; without any the slot stays.
    """
    rows = [one.row for one in asked if _can_wait(int(due.kind[one.row]), one, settings)]
    if not rows:
        return asked
    chosen = np.array(rows, np.int64)
    now_ms, zones = due.now_ms[chosen], [asked[row].zone for row in rows]
    known = habits(due.state.take(chosen), now_ms, zones)
    starts_ms = hour_starts(now_ms, zones)
    half_lives = np.array([HALF_LIVES_H[TriggerKind(int(kind))] for kind in due.kind[chosen]])
    result = list(asked)
    slots = [_slots(asked[row], starts_ms[i], settings) for i, row in enumerate(rows)]
    send_ms = np.array([[slot.send_after_ms if slot else 0 for slot in each] for each in slots])
    open_ = np.array([[slot is not None for slot in each] for each in slots])
    waits_h = np.maximum(send_ms - now_ms[:, None], 0) / HOUR_MS
    worth = np.where(open_, moments(active(model, known), waits_h, half_lives), -1.0)
    for i, row in enumerate(rows):
        slot = slots[i][int(np.argmax(worth[i]))]
        if slot is not None and slot.send_after_ms > asked[row].slot.send_after_ms:
            used = cap.fullest(asked[row].pushes, slot.send_after_ms)
            result[row] = replace(asked[row], slot=slot, cap_used=used)
    return result


def hour_starts(now_ms: Ints, zones: list[str]) -> Ints:
    """Return int64[n, 24]: now, then the beginnings of the next 23 hours of the wall clock."""
    number, table = zone_table(zones, int(now_ms.min()), int(now_ms.max()))
    into_ms = (now_ms + table.offset_ms(number, now_ms)) % HOUR_MS
    starts: Ints = (now_ms - into_ms)[:, None] + np.arange(HOURS) * HOUR_MS
    starts[:, 0] = now_ms
    return starts


def _can_wait(kind: int, asked: Asked, settings: Settings) -> bool:
    return kind in HALF_LIVES_H and settings.send_time == "profile" and asked.slot.reason is None


def _slots(asked: Asked, starts_ms: Ints, settings: Settings) -> list[Slot | None]:
    """The slot of each hour ahead; None where there is none, or a rule would stop it."""
    now = asked.slot
    windows = takewhile(
        lambda span: span[0] < now.life_ends_ms,
        quiet_hours.allowed_windows(asked.zone, asked.now_ms, settings),
    )
    spans = list(windows)
    return [_slot(asked, int(start), spans, settings) for start in starts_ms]


def _slot(
    asked: Asked, start_ms: int, spans: list[tuple[int, int]], settings: Settings
) -> Slot | None:
    for opens, closes in spans:
        send_ms = max(start_ms, opens)
        expires_ms = min(closes, asked.slot.life_ends_ms)
        if send_ms < min(start_ms + HOUR_MS, expires_ms):
            slot = replace(asked.slot, send_after_ms=send_ms, expires_ms=expires_ms, timed=True)
            return slot if _passes(asked, slot, settings) else None
    return None


def _passes(asked: Asked, slot: Slot, settings: Settings) -> bool:
    if slot.expires_ms - slot.send_after_ms < settings.min_life_ms:
        return False
    if not asked.pushes:
        return settings.cap_per_day > 0
    there = replace(asked, slot=slot, cap_used=cap.fullest(asked.pushes, slot.send_after_ms))
    return cap.stop(there, settings) is None and min_gap.stop(there, settings) is None
