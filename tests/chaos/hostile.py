"""Records that once ended every worker: made for a moment of the stream, to be sent between others."""

from __future__ import annotations

from chaos.stream import Record, record_of

YEAR_9999_MS = 253_370_764_800_000
YEAR_2099_MS = 4_070_908_800_000
"""Impossible, and possible but from the future."""
ORDERS, LINES, CROWD = 100, 60, 1_500
LONG = "x" * 200
KEY_BYTES = 1_000_000


def odd_catalogue(at_ms: int) -> list[Record]:
    """An item whose size is no number."""
    value = {
        "item_id": "item-0", "ts": at_ms, "category_id": "cat-0", "title": "Thing 0",
        "price_minor": 100, "currency": "EUR", "stock": 9, "size": "1.2.3x4x5",
    }  # fmt: skip
    return [record_of("catalog", "item-0", value, at_ms)]


def hexadecimal_segment(at_ms: int) -> list[Record]:
    """A segment that looks like a cell, and views of its user."""
    told = {"user_id": "user-0", "ts": at_ms, "segments": ["507f1f77bcf86cd799439011"]}
    return [record_of("profiles", "user-0", told, at_ms), *_views("user-0", "segment", at_ms, 3)]


def far_timestamps(at_ms: int) -> list[Record]:
    """Sound events with Kafka timestamps of other ages, and sound ones after them."""
    good = _views("user-1", "far", at_ms, 4)
    ages = (YEAR_9999_MS, YEAR_2099_MS, at_ms * 1_000, 0)
    far = [
        Record(each.topic, each.key, each.value, age) for each, age in zip(good, ages, strict=True)
    ]
    return [*far, *_views("user-1", "near", at_ms, 4)]


def large_orders(at_ms: int) -> list[Record]:
    """Orders of one user whose signals are larger than a broker takes in a record."""
    return [_order(number, at_ms) for number in range(ORDERS)]


def large_dead_letter(at_ms: int) -> list[Record]:
    """A record without sense whose key alone fills what a broker takes."""
    return [Record("clicks", b"k" * KEY_BYTES, b"{}", at_ms)]


def many_timers(at_ms: int) -> list[Record]:
    """Carts of many users in one moment: their timers are due in one moment, too."""
    return [
        record_of(
            "clicks", f"crowd-{n}",
            {
                "event_id": f"crowd{n}-{at_ms}", "user_id": f"crowd-{n}", "event": "cart",
                "ts": at_ms, "item_id": f"item-{n % 20}", "category_id": f"cat-{n % 5}",
            },
            at_ms,
        )
        for n in range(CROWD)
    ]  # fmt: skip


def _views(user: str, name: str, at_ms: int, count: int) -> list[Record]:
    return [
        record_of(
            "clicks", user,
            {
                "event_id": f"{name}{n}-{at_ms}", "user_id": user, "event": "view", "ts": at_ms,
                "item_id": "item-0", "category_id": "cat-0",
            },
            at_ms,
        )
        for n in range(count)
    ]  # fmt: skip


def _order(number: int, at_ms: int) -> Record:
    lines = [
        {"item_id": f"{number}-{n}-{LONG}", "quantity": 1, "unit_price_minor": 100}
        for n in range(LINES)
    ]
    value = {
        "event_id": f"bulk{number}-{at_ms}", "user_id": "bulk", "order_id": f"bulk{number}",
        "ts": at_ms, "status": "placed", "lines": lines, "currency": "EUR",
    }  # fmt: skip
    return record_of("purchases", "bulk", value, at_ms)
