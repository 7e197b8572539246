"""A made-up shop, from a seed: the input of the full job's benchmarks.

People come in sessions. Each begins with a context report (device, network, place, zone,
consent); then they look at things. An idle session wanders over the whole shop and may end in a
favourite or a search; an eager one looks at three items again and again and may end in a cart or
an order. Eager sessions lead to most decisions (repeated views, carts left), so their share sets
how many events there are to a decision; see `DECISIONS`. Seven in ten decisions pass the policy
and reach the experts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.tables import SourceRecord

T0_MS = 1_772_438_400_000  # Monday 2 March 2026, 08:00 UTC
EVENT_MS = 72.0
"""Time from an event to the next: 300,000 in six hours."""
ITEMS, CATEGORIES = 20_000, 200
RANK_SHIFT = 100
"""Users are drawn by 1 / (rank + shift). Without a shift one of 50,000 people would send every
eleventh event of the shop, more than one a second all day long."""
SESSION_EVENTS, PAUSE_MS = 8, 20_000
LATE_SHARE, MOST_LATE_MS = 0.05, 60_000
NO_CONSENT_SHARE = 0.08
CATALOG_LEAD_MS = 7_200_000
"""The catalogue is older than the events by this much: known when the first decision falls."""

EAGER_SHARES = (0.0, 0.25, 0.33, 1.0)
DECISIONS = (0.108, 0.339, 0.396, 0.735)
"""Decisions a session that these shares of eager sessions lead to, with default settings, as
`streams.offline.replay` counts them (300,000 events, 50,000 users)."""

DEVICES = ("mobile", "desktop", "tablet")
ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
COUNTRIES = ("GB", "DE", "US", "IN")
LOCALES = ("en-GB", "de-DE", "en-US", "en-IN")
QUERIES = ("kettle", "umbrella", "running shoes", "usb-c cable", "garden chair", "novel")
VIEW, CART, FAV, SEARCH, ORDER, CONTEXT = range(6)


@dataclass(slots=True)
class Sessions:
    """One row a session: who, when it starts, what about, with how many events."""

    user: NDArray[np.int64]
    start_ms: NDArray[np.float64]
    length: NDArray[np.int64]
    eager: NDArray[np.bool_]
    about: NDArray[np.int64]
    moved: NDArray[np.bool_]


@dataclass(slots=True)
class Visits:
    """One row an event, in the order of arrival."""

    session: NDArray[np.int64]
    kind: NDArray[np.int64]
    item: NDArray[np.int64]
    ts_ms: NDArray[np.int64]
    arrived_ms: NDArray[np.int64]


def made_up_stream(
    events: int, users: int = 50_000, seed: int = 42, per_decision: float = 20
) -> Iterator[SourceRecord]:
    """Yield the catalogue, then ``events`` clicks, orders and context reports, as they arrive.

    Kafka timestamps rise steadily, an event every `EVENT_MS`; 5% of the events happened up to
    60 s before they arrive. ``per_decision``: events to a decision, about, from 11 to 74.
    """
    rng = np.random.default_rng(seed)
    yield from _catalog(rng)
    sessions = _sessions(rng, events, users, _eager_share(per_decision))
    visits = _visits(rng, sessions, events)
    columns = attrgetter("session", "kind", "item", "ts_ms", "arrived_ms")(visits)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for number, (session, kind, item, ts_ms, arrived_ms) in enumerate(rows):
        user = int(sessions.user[session])
        head = {"event_id": f"e{number:09d}", "user_id": f"u{user}", "ts": ts_ms}
        if kind == CONTEXT:
            topic, told = "context", _situation(user, bool(sessions.moved[session]))
        elif kind == ORDER:
            topic, told = "purchases", _order(number, item)
        else:
            topic, told = "clicks", _click(kind, item, session)
        yield _record(topic, head["user_id"], head | told, arrived_ms)


def _eager_share(per_decision: float) -> float:
    return float(np.interp(SESSION_EVENTS / per_decision, DECISIONS, EAGER_SHARES))


def _sessions(rng: Any, events: int, users: int, eager_share: float) -> Sessions:
    count = int(events / SESSION_EVENTS * 1.1) + 10
    weights = 1 / (np.arange(users) + RANK_SHIFT)
    return Sessions(
        user=rng.choice(users, count, p=weights / weights.sum()),
        start_ms=np.sort(rng.uniform(0, events * EVENT_MS * 1.1, count)),
        length=2 + rng.poisson(SESSION_EVENTS - 2, count),
        eager=rng.random(count) < eager_share,
        about=(ITEMS * rng.random(count) ** 1.5).astype(np.int64),
        moved=rng.random(count) < 0.05,
    )


def _visits(rng: Any, sessions: Sessions, events: int) -> Visits:
    session = np.repeat(np.arange(len(sessions.length)), sessions.length)
    ends = np.cumsum(sessions.length)
    place = np.arange(len(session)) - (ends - sessions.length)[session]
    happened = sessions.start_ms[session] + place * PAUSE_MS
    order = np.argsort(happened, kind="stable")[:events]
    last = (place + 1 == sessions.length[session])[order]
    session, place = session[order], place[order]
    arrived_ms = T0_MS + (np.arange(len(order)) * EVENT_MS).astype(np.int64)
    waited_ms = rng.random(len(order)) * MOST_LATE_MS * (rng.random(len(order)) < LATE_SHARE)
    return Visits(
        session,
        _kinds(rng, sessions.eager[session], place == 0, last),
        _items(rng, sessions.eager[session], sessions.about[session]),
        arrived_ms - waited_ms.astype(np.int64),
        arrived_ms,
    )


def _kinds(rng: Any, eager: Any, first: Any, last: Any) -> NDArray[np.int64]:
    keen = rng.choice((CART, ORDER, VIEW), len(eager), p=(0.60, 0.15, 0.25))
    idle = rng.choice((FAV, SEARCH, VIEW), len(eager), p=(0.05, 0.05, 0.90))
    kind = np.where(last, np.where(eager, keen, idle), VIEW)
    return np.where(first, CONTEXT, kind)


def _items(rng: Any, eager: Any, about: Any) -> NDArray[np.int64]:
    """An eager session turns around three items of different categories; some items sell best."""
    few = (about + rng.integers(0, 3, len(eager)) * 7_001) % ITEMS
    return np.where(eager, few, (ITEMS * rng.random(len(eager)) ** 1.5).astype(np.int64))


def _click(kind: int, item: int, session: int) -> dict[str, Any]:
    if kind == SEARCH:
        return {
            "event": "search",
            "query": QUERIES[item % len(QUERIES)],
            "session_id": f"s{session}",
        }
    return {
        "event": {VIEW: "view", CART: "cart", FAV: "fav"}[kind],
        "item_id": f"i{item}",
        "category_id": f"c{_category(item)}",
        "session_id": f"s{session}",
    }


def _order(number: int, item: int) -> dict[str, Any]:
    line = {"item_id": f"i{item}", "quantity": 1, "unit_price_minor": _price_minor(item)}
    return {"order_id": f"o{number}", "status": "placed", "lines": [line], "currency": "EUR"}


def _situation(user: int, moved: bool) -> dict[str, Any]:
    """Most people use one device in one place; ``moved``: for once another."""
    at = (user + moved) % len(DEVICES)
    where = user % len(ZONES)
    return {
        "device": DEVICES[at],
        "network": "wifi" if at else "cellular",
        "locale": LOCALES[where],
        "timezone": ZONES[where],
        "country": COUNTRIES[where],
        "consent": {"push": user * 7919 % 100 >= NO_CONSENT_SHARE * 100},
    }


def _catalog(rng: Any) -> Iterator[SourceRecord]:
    at_ms = T0_MS - CATALOG_LEAD_MS
    stock, weight_g = rng.integers(0, 500, ITEMS).tolist(), rng.integers(50, 5_000, ITEMS).tolist()
    for item in range(ITEMS):
        body = {
            "item_id": f"i{item}",
            "ts": at_ms,
            "created_ts": at_ms - item * 60_000,
            "category_id": f"c{_category(item)}",
            "title": f"Item {item}",
            "price_minor": _price_minor(item),
            "currency": "EUR",
            "stock": stock[item],
            "weight_g": weight_g[item],
        }
        yield _record("catalog", body["item_id"], body, at_ms)


def _category(item: int) -> int:
    return item // (ITEMS // CATEGORIES)


def _price_minor(item: int) -> int:
    return 199 + item * 7919 % 20_000


def _record(topic: str, key: str, body: dict[str, Any], timestamp_ms: int) -> SourceRecord:
    return SourceRecord(topic, 0, 0, timestamp_ms, key.encode(), msgspec.json.encode(body))
