"""An endless stream of shop events from a seed, with what real producers do wrong in it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BEGIN_MS = 1_774_598_400_000  # Friday 27 March 2026, 08:00 UTC: Europe changes its clocks on Sunday
STEP_MS = 60_000
"""Mean event time between two records; a round stays within five days, far from the horizon."""
EIGHT_DAYS_MS = 8 * 86_400_000
USERS, ITEMS, CATEGORIES = 40, 24, 5
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
EVENTS = ("view",) * 10 + ("cart",) * 4 + ("search",) * 2 + ("fav", "share", "remove_cart")
REPEATS, STALE, BROKEN = 0.04, 0.005, 0.015
"""Shares of records that are sent again, come a week late, cannot be read."""
KEPT = 400
"""A repeat is one of so many records before it."""


@dataclass(slots=True, frozen=True)
class Record:
    """What a producer sends."""

    topic: str
    key: bytes | None
    value: bytes
    timestamp_ms: int


def catalogue() -> list[Record]:
    """The items."""
    return [_item(number) for number in range(ITEMS)]


def _item(number: int) -> Record:
    value = {
        "item_id": f"item-{number}", "ts": BEGIN_MS, "category_id": f"cat-{number % CATEGORIES}",
        "title": f"Thing {number}", "price_minor": 100 * (number + 1), "currency": "EUR", "stock": 9,
    }  # fmt: skip
    return record_of("catalog", value["item_id"], value, BEGIN_MS)


def shop_events(seed: str, clean: int = 0) -> Iterator[Record]:
    """Yield consents, then behaviour with repeats, stale and broken records between.

    ``clean``: so many records first without any of these, and none of them is repeated later.
    """
    rng = random.Random(seed)
    recent: list[Record] = []
    for number, record in enumerate(_behaviour(rng)):
        yield record
        if number >= clean:
            recent = [*recent[-KEPT:], record]
            yield from _noise(rng, recent, number)


def _noise(rng: random.Random, recent: list[Record], number: int) -> Iterator[Record]:
    luck, at_ms = rng.random(), recent[-1].timestamp_ms
    if luck < REPEATS:
        again = rng.choice(recent)
        yield Record(again.topic, again.key, again.value, at_ms)
    elif luck < REPEATS + STALE:
        yield _stale(rng.choice(recent), number)
    elif luck < REPEATS + STALE + BROKEN:
        yield _broken(rng, number, at_ms)


def _behaviour(rng: random.Random) -> Iterator[Record]:
    now_ms = BEGIN_MS
    for number in range(USERS):
        now_ms += rng.randrange(STEP_MS // 4)
        yield _context(rng, number, f"c{number}", now_ms)
        yield _click(rng, number, f"k{number}", now_ms)
    number = USERS
    while True:
        now_ms += rng.randrange(2 * STEP_MS)
        ts_ms = now_ms - rng.choice((0, 0, 0, rng.randrange(3_600_000)))
        user, luck = rng.randrange(USERS), rng.random()
        if luck < 0.80:
            yield _click(rng, user, f"k{number}", ts_ms, now_ms)
        elif luck < 0.90:
            yield _purchase(rng, user, f"p{number}", ts_ms, now_ms)
        else:
            yield _context(rng, user, f"c{number}", ts_ms, now_ms)
        number += 1


def _click(
    rng: random.Random, user: int, event_id: str, ts_ms: int, at_ms: int | None = None
) -> Record:
    value = {"event_id": event_id, "user_id": f"user-{user}", "event": rng.choice(EVENTS)}
    value["ts"] = ts_ms
    if value["event"] == "search":
        value["query"] = _query(rng)
    else:
        item = min(int(rng.expovariate(0.2)), ITEMS - 1)
        value |= {"item_id": f"item-{item}", "category_id": f"cat-{item % CATEGORIES}"}
    if rng.random() < 0.2:
        value |= {"quantity": rng.randrange(1, 4), "price_minor": rng.randrange(10_000)}
    return record_of("clicks", value["user_id"], value, at_ms or ts_ms)


def _query(rng: random.Random) -> str:
    """One to seven words of titles and others: some twice, some in capitals, some joined."""
    words = [rng.choice(("Thing", "thing", "red", "BLUE", str(rng.randrange(ITEMS))))]
    words += rng.choices(("small", "for", "home", "red", "Thing"), k=rng.randrange(7))
    return rng.choice((" ", "_", "  ")).join(words)


def _purchase(rng: random.Random, user: int, event_id: str, ts_ms: int, at_ms: int) -> Record:
    lines = [
        {"item_id": f"item-{item}", "quantity": rng.randrange(1, 3), "unit_price_minor": 100 * item}
        for item in rng.sample(range(ITEMS), rng.randrange(1, 3))
    ]
    value = {
        "event_id": event_id, "user_id": f"user-{user}", "order_id": event_id, "ts": ts_ms,
        "status": rng.choice(("placed",) * 5 + ("returned", "cancelled")),
        "lines": lines, "currency": "EUR",
    }  # fmt: skip
    return record_of("purchases", value["user_id"], value, at_ms)


def _context(
    rng: random.Random, user: int, event_id: str, ts_ms: int, at_ms: int | None = None
) -> Record:
    value: dict[str, Any] = {"event_id": event_id, "user_id": f"user-{user}", "ts": ts_ms}
    if at_ms is None or rng.random() < 0.15:
        value |= {"timezone": rng.choice(ZONES), "consent": {"push": rng.random() < 0.8}}
    if rng.random() < 0.7:
        value |= {
            "device": rng.choice(("mobile", "desktop")),
            "place": rng.choice(("home", "work")),
        }
    if rng.random() < 0.2:
        value["app_minutes"] = float(rng.randrange(1, 20))
    return record_of("context", value["user_id"], value, at_ms or ts_ms)


def _stale(record: Record, number: int) -> Record:
    """An event of the same user from before the horizon, after a newer one on the same topic."""
    value = json.loads(record.value)
    fresh = {"event_id": f"stale{number}", "ts": value["ts"] - EIGHT_DAYS_MS}
    return record_of(record.topic, value["user_id"], value | fresh, record.timestamp_ms)


def _broken(rng: random.Random, number: int, at_ms: int) -> Record:
    user = f"user-{number % USERS}"
    good = {"event_id": f"b{number}", "user_id": user, "event": "view", "ts": at_ms}
    return rng.choice(
        (
            Record("clicks", user.encode(), b"", at_ms),
            Record("purchases", user.encode(), b'{"event_id": ', at_ms),
            Record("context", b"somebody", json.dumps(good).encode(), at_ms),
            record_of("clicks", user, good | {"event": "dance"}, at_ms),
            record_of("clicks", user, good | {"ts": at_ms // 1000}, at_ms),
            record_of("clicks", user, {"event_id": "no user", "event": "view", "ts": at_ms}, at_ms),
        )
    )


def counted_events(seed: str) -> Iterator[Record]:
    """Yield events of the counting job: numbered, over three topics; no two are the same."""
    rng, number = random.Random(seed), 0
    topics = ("clicks", "purchases", "context")
    while True:
        user = b"u%d" % rng.randrange(300)
        yield Record(rng.choice(topics), user, b"e%d" % number, BEGIN_MS + number)
        number += 1


def record_of(topic: str, key: str, value: dict[str, Any], timestamp_ms: int) -> Record:
    return Record(topic, key.encode(), json.dumps(value).encode(), timestamp_ms)
