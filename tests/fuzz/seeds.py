"""Sound records of each topic: what mutations begin with."""

from __future__ import annotations

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
            "consent": {"push": True},
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
            "ts": NOW_MS, "status": "opened", "consent": {"push": False}, "device_id": "d1",
            "revision": 1,
        },
    ],
}  # fmt: skip
"""By topic; every field that a schema names is in one of them."""
CATALOGUE: list[dict[str, Any]] = [
    {
        "item_id": "kettle", "ts": NOW_MS, "category_id": "kitchen", "title": "Copper kettle",
        "price_minor": 1999, "currency": "EUR", "stock": 3, "weight_g": 800.0, "size": "10x20x30",
        "condition": "new", "created_ts": NOW_MS, "regions": ["DE"], "seller_id": "s", "brand": "b",
        "seller_rating": 4.5, "language": "de", "embedding": [0.1, -0.2, 0.3],
        "stock_by_warehouse": {"DE-BER-1": 3}, "deep_link": "app://kettle", "image_url": "https://i",
        "stores": [{"lat": 52.5, "lon": 13.4, "hours": "Mo-Fr 08:00-18:00"}],
        "offer": {"kind": "sale", "until": NOW_MS + 86_400_000, "code": "X"}, "schema_version": 1,
    },
    {"item_id": "lamp", "ts": "2026-05-28T10:00:00+02:00", "title": "Lamp", "stock": 0},
]  # fmt: skip
