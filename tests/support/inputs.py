"""Valid input records to spoil, and a stand-in for the aggregate between two batches."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from schemas.moments import moments
from schemas.state import Ragged, UserState
from schemas.tables import EventBatch, SourceRecord
from streams.pipeline.accept import NO_REFUSALS, Vault, accept, deduplicate
from streams.settings import Settings

NOW_MS = 1_780_000_000_000  # 2026-05-28
VAULT = Vault(b"a secret of the tests", "tests")
SETTINGS = Settings(seen_ids=64)

CLICK = {"event_id": "e1", "user_id": "u1", "event": "view", "ts": NOW_MS, "item_id": "i1"}
LINE = {"item_id": "i1", "quantity": 2, "unit_price_minor": 1999}
PURCHASE = {
    "event_id": "p1", "user_id": "u1", "order_id": "o1", "ts": NOW_MS,
    "status": "placed", "lines": [LINE], "currency": "EUR",
}  # fmt: skip
CONTEXT = {"event_id": "c1", "user_id": "u1", "ts": NOW_MS, "device": "mobile"}
RECEIPT = {
    "recommendation_id": "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d", "user_id": "u1",
    "ts": NOW_MS, "status": "sent",
}  # fmt: skip
VALID = {"clicks": CLICK, "purchases": PURCHASE, "context": CONTEXT, "push-receipts": RECEIPT}


def click(**changes: Any) -> dict[str, Any]:
    return CLICK | changes


def order(**changes: Any) -> dict[str, Any]:
    """A purchase whose only line is changed."""
    return PURCHASE | {"lines": [LINE | changes]}


def without(value: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: entry for name, entry in value.items() if name != field}


def record(
    topic: str, value: Any, key: bytes | None = b"u1", offset: int = 0, timestamp_ms: int = NOW_MS
) -> SourceRecord:
    """A record; a dict becomes JSON, bytes and None stay."""
    raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return SourceRecord(topic, 0, offset, timestamp_ms, key, raw)


def run(*records: SourceRecord, settings: Settings = SETTINGS, stream_ms: int = 0) -> EventBatch:
    return accept(list(records), stream_ms, settings, VAULT, NO_REFUSALS)


class Users:
    """State between batches: remembers accepted events as the aggregate does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._rows: dict[bytes, tuple[int, int, list[tuple[int, int]]]] = {}

    def state(self, keys: list[bytes]) -> UserState:
        state = UserState.fresh(keys)
        slots, rows = [], []
        for slot, key in enumerate(keys):
            if key in self._rows:
                newest, floor, seen = self._rows[key]
                state.head["newest_ms"][slot], state.head["floor_ms"][slot] = newest, floor
                slots += [slot] * len(seen)
                rows += seen
        times_ms = np.array([ts_ms for ts_ms, _ in rows], np.int64)
        seen_rows = moments(times_ms, np.array([event for _, event in rows], np.uint64))
        state.seen = Ragged.group(len(keys), np.array(slots, np.int64), seen_rows)
        return state

    def remember(self, batch: EventBatch) -> None:
        fresh = UserState.fresh([b""]).head[0]
        for _, user, ts_ms, event in batch.events.tolist():
            never = (int(fresh["newest_ms"]), int(fresh["floor_ms"]), [])
            newest, floor, seen = self._rows.get(batch.keys[user], never)
            self._rows[batch.keys[user]] = (max(newest, ts_ms), floor, [*seen, (ts_ms, event)])
        for key, (newest, floor, seen) in self._rows.items():
            inside = sorted(row for row in seen if row[0] >= newest - self.settings.lateness_ms)
            extra = max(0, len(inside) - self.settings.seen_ids)
            floor = max([floor, *(ts_ms + 1 for ts_ms, _ in inside[:extra])])
            self._rows[key] = (newest, floor, inside[extra:])

    def take(self, records: list[SourceRecord]) -> EventBatch:
        batch = accept(records, 0, self.settings, VAULT, NO_REFUSALS)
        batch = deduplicate(batch, self.state(batch.keys), self.settings)
        self.remember(batch)
        return batch
