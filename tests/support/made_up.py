"""Users made up from a seed, packed as the state packs them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.features import CONTRACT, pair_features, user_features
from models.features.pairs import Around, nothing_told
from schemas.ids import hash64
from schemas.money import currency_number
from schemas.state import CONTEXT, EVENT, TILE, TILE_MS, Ragged, UserState
from schemas.tables import ITEM_ATTRIBUTES
from schemas.vocabulary import CANDIDATE_SOURCES, ContextField, EventType

NOW_MS = 1_774_734_600_000  # Saturday 28 March 2026, 21:50 UTC
DAY_MS = 86_400_000
ITEMS, CATEGORIES = 40, 6
EUR = currency_number("EUR")


def state_of(users: list[list[tuple[int, int, int]]], keep: int = 48) -> UserState:
    """State after raw events ``(ts_ms, type, item)`` of each user; item i is in category i % 6."""
    state = UserState.fresh([i.to_bytes(16, "big") for i in range(len(users))])
    tiles, events = [], []
    for slot, raw in enumerate(users):
        counts: dict[tuple[int, int], int] = {}
        for ts_ms, kind, _ in raw:
            tile = (ts_ms // TILE_MS, kind)
            counts[tile] = counts.get(tile, 0) + 1
        tiles.append(np.array([(t, n, k) for (t, k), n in sorted(counts.items())], TILE))
        acts = sorted(event for event in raw if event[1] != EventType.APP_MINUTES)
        rows = [
            (ts, n + 1, item + 1, item % CATEGORIES + 1 + 1000, 100 * item - 1, EUR, 1, 0, kind)
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
    return [
        (NOW_MS - int(a), int(k), int(i))
        for a, k, i in zip(age, kinds, rng.integers(0, ITEMS, count), strict=True)
    ]


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
    for column in ("price_minor", "stock", "weight_g", "created_ms", "seller_rating",
                   "offer_until_ms", "similar_minor", "condition", "volume_l"):  # fmt: skip
        rows[column] = np.nan
    known = items % 5 != 0
    rows["known"] = known
    rows["category"][known] = (items[known] - 1) % CATEGORIES + 1001
    rows["price_minor"][known] = items[known].astype(np.float64) * 137
    rows["currency"][known] = EUR
    rows["stock"][known] = items[known] % 3
    rows["weight_g"][known] = items[known].astype(np.float64) ** 3
    rows["created_ms"][known] = NOW_MS - items[known].astype(np.float64) * DAY_MS
    return rows


ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
)


def dataset_of(seed: int, decisions: int = 1_500, per_user: int = 4) -> Dataset:
    """Decisions over 20 days whose labels follow from features, with some luck."""
    rng = np.random.default_rng(seed)
    state = random_state(seed, 60, 60)
    chosen = rng.integers(0, 60, decisions)
    now_ms = np.sort(NOW_MS - rng.integers(0, 20 * DAY_MS, decisions))
    due = np.repeat(np.arange(decisions), per_user)
    item = rng.integers(1, ITEMS + 1, len(due)).astype(np.uint64)
    score = rng.random(len(due)).astype(np.float32)
    some = state.take(chosen)
    user = user_features(some, now_ms, ["Europe/London"] * decisions)
    pair = pair_features(
        some,
        due,
        item,
        np.zeros(len(due), np.uint64),
        attributes_of(item),
        score,
        now_ms,
        nothing_told,
        Around.unknown(len(some)),
    )
    recency = np.nan_to_num(user[:, CONTRACT.user.index("hours_since_any")], nan=500.0)
    mobile = np.nan_to_num(user[:, CONTRACT.user.index("device_mobile")])
    acted = rng.random(decisions) < 0.1 + 0.5 * (recency < 30) + 0.3 * mobile
    views = pair[:, CONTRACT.pair.index("item_views")]
    heavy = np.nan_to_num(pair[:, CONTRACT.pair.index("weight_log")]) > 9
    likes = rng.random(len(due)) < 0.1 + 0.5 * (views > 0) + 0.2 * score - 0.1 * heavy
    keys = np.frombuffer(b"".join(some.keys), "V16")
    by_source = np.zeros((len(due), len(CANDIDATE_SOURCES)), np.float32)
    by_source[np.arange(len(due)), rng.integers(0, len(CANDIDATE_SOURCES), len(due))] = score
    return Dataset(
        keys, now_ms, user, acted, due, item, pair, score, likes & acted[due], 6 * 3_600_000,
        by_source=by_source,
    )  # fmt: skip
