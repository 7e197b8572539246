"""Users made up from a seed, packed as the state packs them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.ids import hash64
from schemas.state import CONTEXT, EVENT, TILE, TILE_MS, Ragged, UserState
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import ContextField, EventType

NOW_MS = 1_774_734_600_000  # Saturday 28 March 2026, 21:50 UTC
DAY_MS = 86_400_000
ITEMS, CATEGORIES = 40, 6


def state_of(users: list[list[tuple[int, int, int]]], keep: int = 48) -> UserState:
    """State after raw events ``(ts_ms, type, item)`` of each user; item i is in category i % 6."""
    state = UserState.fresh([i.to_bytes(16, "big") for i in range(len(users))])
    tiles, events = [], []
    for slot, raw in enumerate(users):
        counts: dict[tuple[int, int], int] = {}
        for ts_ms, kind, _ in raw:
            tile = (ts_ms // TILE_MS, kind)
            counts[tile] = counts.get(tile, 0) + 1
        tiles.append(np.array([(t, n, k, 0) for (t, k), n in sorted(counts.items())], TILE))
        acts = sorted(event for event in raw if event[1] != EventType.APP_MINUTES)
        rows = [
            (ts, n + 1, item + 1, item % CATEGORIES + 1 + 1000, 100 * item - 1, 1, 0, kind)
            for n, (ts, kind, item) in enumerate(acts)
        ]
        events.append(np.array(rows[-keep:], EVENT))
        state.head["total"][slot] = len(raw)
        if raw:
            state.head["first_ms"][slot] = min(ts for ts, _, _ in raw)
            state.head["newest_ms"][slot] = max(ts for ts, _, _ in raw)
    state.tiles, state.events = ragged(tiles, TILE), ragged(events, EVENT)
    return state


def ragged(parts: list[NDArray[Any]], dtype: np.dtype[Any]) -> Ragged:
    """The parts, one after the other."""
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts]))).astype(np.int64)
    return Ragged(np.concatenate([np.zeros(0, dtype), *parts]), offsets)


def random_events(rng: np.random.Generator, count: int) -> list[tuple[int, int, int]]:
    """Events of the 35 days before `NOW_MS`, more of them lately."""
    age = (rng.random(count) ** 3 * 35 * DAY_MS).astype(np.int64)
    kinds = rng.choice([0, 0, 0, 1, 2, 3, 4, 7, 9, 10, 12], count)
    return [(NOW_MS - int(a), int(k), int(i)) for a, k, i in zip(age, kinds, rng.integers(0, ITEMS, count), strict=True)]


def with_context(state: UserState, told: list[dict[ContextField, str]], ts_ms: int) -> UserState:
    """The state with last-known context values, all told at ``ts_ms``."""
    parts = [
        np.array([(ts_ms, 1, hash64(text), field) for field, text in sorted(each.items())], CONTEXT)
        for each in told
    ]
    state.context = ragged(parts, CONTEXT)
    return state


def random_state(seed: int, users: int, events: int = 150) -> UserState:
    """Users with up to ``events`` events and a context."""
    rng = np.random.default_rng(seed)
    state = state_of([random_events(rng, int(rng.integers(0, events + 1))) for _ in range(users)])
    told: list[dict[ContextField, str]] = []
    for _ in range(users):
        choices = {
            ContextField.DEVICE: ("mobile", "desktop", "tablet", "fridge"),
            ContextField.NETWORK: ("wifi", "cellular"),
            ContextField.PLACE: ("home", "work", "store", "transit"),
            ContextField.COUNTRY: ("GB",),
        }
        told.append({f: str(rng.choice(v)) for f, v in choices.items() if rng.random() < 0.7})
    return with_context(state, told, NOW_MS - int(rng.integers(0, 10 * DAY_MS)))


def attributes_of(items: NDArray[np.uint64]) -> NDArray[Any]:
    """Attributes that follow from the item's number; every fifth is not in the catalogue."""
    rows = np.zeros(len(items), ITEM_ATTRIBUTES)
    for column in ("price_minor", "stock", "weight_g", "created_ms", "seller_rating"):
        rows[column] = np.nan
    known = items % 5 != 0
    rows["known"] = known
    rows["category"][known] = (items[known] - 1) % CATEGORIES + 1001
    rows["price_minor"][known] = items[known].astype(np.float64) * 137
    rows["stock"][known] = items[known] % 3
    rows["weight_g"][known] = items[known].astype(np.float64) ** 3
    rows["created_ms"][known] = NOW_MS - items[known].astype(np.float64) * DAY_MS
    return rows


@pytest.fixture
def zones() -> list[str]:
    return ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
