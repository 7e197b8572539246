"""Sound records, and what goes wrong with them: fields of any value, bytes of any kind."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

NOW_MS = 1_780_000_000_000
"""2026-05-28."""
SEEDS: dict[str, list[dict[str, Any]]] = {
    "clicks": [
        {
            "event_id": "e1", "user_id": "anna", "event": "view", "ts": NOW_MS, "item_id": "kettle",
            "category_id": "kitchen", "quantity": 2, "price_minor": 1999, "currency": "EUR",
            "device": "mobile", "session_id": "s1", "schema_version": 1,
        },
        {"event_id": "e2", "user_id": "anna", "event": "search", "ts": NOW_MS, "query": "red kettle"},
        {"event_id": "e3", "user_id": "anna", "event": "cart", "ts": NOW_MS, "item_id": "lamp"},
    ],
    "purchases": [
        {
            "event_id": "p1", "user_id": "anna", "order_id": "o1", "ts": NOW_MS, "status": "placed",
            "currency": "EUR", "lines": [
                {"item_id": "kettle", "quantity": 1, "unit_price_minor": 1999, "category_id": "kitchen"},
                {"item_id": "lamp", "quantity": 3, "unit_price_minor": 0},
            ],
        },
    ],
    "context": [
        {
            "event_id": "c1", "user_id": "anna", "ts": "2026-05-28T10:00:00+02:00", "device": "mobile",
            "os": "android", "app_version": "1.2", "locale": "de-DE", "timezone": "Europe/Berlin",
            "country": "DE", "region": "BE", "lat": 52.5, "lon": 13.4, "place": "home",
            "network": "wifi", "app_minutes": 3.5, "scene": "in_store",
            "consent": {"push": True, "personalisation": False},
        },
    ],
    "profiles": [
        {
            "user_id": "anna", "ts": NOW_MS, "segments": ["gold", "new"], "interests": ["garden"],
            "age_band": "30-39", "signup_ts": NOW_MS, "groups": {"a": "b"},
        },
    ],
    "social": [{"user_id": "anna", "ts": NOW_MS, "friends": ["bert"], "shares_purchases": True}],
    "push-receipts": [
        {
            "recommendation_id": "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d", "user_id": "anna",
            "ts": NOW_MS, "status": "rating", "rating": 4, "channel": "fcm",
        },
        {
            "recommendation_id": "0b8d5a5e-3c52-5d0e-9d2a-1f6f3c1b2a4d", "user_id": "anna",
            "ts": NOW_MS, "status": "opened",
        },
    ],
}  # fmt: skip
"""By topic; every field that a schema names is in one of them."""
CATALOGUE: list[dict[str, Any]] = [
    {
        "item_id": "kettle", "ts": NOW_MS, "category_id": "kitchen", "title": "Copper kettle",
        "price_minor": 1999, "currency": "EUR", "stock": 3, "weight_g": 800, "size": "10x20x30",
        "condition": "new", "created_ts": NOW_MS, "regions": ["DE"], "warehouses": ["b1"],
        "seller_id": "s", "brand": "b", "tags": ["t"], "language": "de",
        "shops": [{"lat": 52.5, "lon": 13.4, "opening_hours": "Mo-Fr 08:00-18:00"}],
    },
]  # fmt: skip
NASTY: list[Any] = [
    None, True, False, -1, 0, 1, 255, 256, 65_535, 2**31 - 1, 2**31, 2**53, 2**63, 2**64, -(2**63),
    10**30, 1e308, -0.0, 0.1, "", " ", "\x00", "null", "a" * 300, "é" * 200, "😀", "שלום", "\u202eabc",
    "507f1f77bcf86cd799439011", "8928308280fffff", "9" * 400, "1.2.3x4x5", "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "NaN", "Mo-Su 24:00-99:99", "../../etc", [], {},
    [None], [[]], {"": {}}, ["x"] * 3_000, NOW_MS // 1_000, NOW_MS * 1_000, -NOW_MS,
]  # fmt: skip
DEEP = b'{"a":' * 100 + b"1" + b"}" * 100
LONE = b'{"user_id": "\\ud800", "event_id": "x"}'


def mutated(rng: random.Random, seed: dict[str, Any], changes: int) -> bytes:
    """Return the record with up to ``changes`` fields spoilt, now and then its bytes as well.

    Without changes it is sound.
    """
    if not changes:
        return json.dumps(seed).encode()
    value = copy.deepcopy(seed)
    for _ in range(rng.randrange(changes + 1)):
        _spoil(rng, value)
    raw = json.dumps(value).encode()
    luck = rng.random()
    if luck < 0.05:
        raw = _bytes_spoilt(rng, raw)
    elif luck < 0.06:
        raw = rng.choice((DEEP, LONE, b"", b"\xff\xfe", b"[]", b"null", rng.randbytes(20)))
    return raw


def _spoil(rng: random.Random, value: Any) -> None:
    """Change one thing somewhere in an object or a list."""
    while isinstance(value, dict | list) and value:
        place = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        inner = value[place]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
            value = inner
            continue
        if isinstance(value, dict) and rng.random() < 0.15:
            value[rng.choice(("x", "Ts", "\u0000", place + "_"))] = value.pop(place)
        else:
            value[place] = rng.choice(NASTY)
        return


def _bytes_spoilt(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(len(raw))
    return rng.choice((raw[:at], raw[:at] + rng.randbytes(3) + raw[at:], raw[:at] + raw[at + 1 :]))


def flipped(rng: random.Random, raw: bytes) -> bytes:
    """Return bytes of any format with a few of them changed, cut off or doubled."""
    spoilt = bytearray(raw)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(spoilt) or 1)
        spoilt[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return bytes(spoilt[: rng.randrange(len(spoilt) + 1)] if rng.random() < 0.2 else spoilt)
