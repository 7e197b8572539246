"""What must be known of each user: worked out from the raw log, record by record."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from chaos.oracle.ids import Keyed, event_hash, text_hash
from chaos.oracle.log import Entry

TOPICS = ("clicks", "purchases", "context")
CLICKS = ("view", "search", "cart", "remove_cart", "fav", "share", "follow", "like", "comment")
STATUSES = {"placed": 9, "returned": 10, "cancelled": 11}
APP_MINUTES = 12
FIELDS = {"device": 0, "timezone": 4, "place": 8}
INTERESTS, SEGMENTS, WORDS = range(13, 21), range(21, 25), (25, 26, 27, 28)
FIRST_MS, LAST_MS, FUTURE_MS = 946_684_800_000, 4_102_444_800_000, 3_000_000_000_000
"""Times that can be (2000 to 2100), and one after every round that is played (2065)."""
TILE_MS, DAY_MS = 900_000, 86_400_000
LATENESS_MS = 7 * DAY_MS
RECENT = 48
ORDERS, CARTS = ((9, 10, 11), 256), ((2, 3), 128)
"""Kinds of the tables of hard rules, and how many rows each has at the most."""
Place = tuple[str, int, int]
"""Topic (short name), partition, offset."""


class AmbiguousError(Exception):
    """The log alone does not tell whether an event came late: the round proves nothing."""


@dataclass(slots=True)
class User:
    """The facts of a user, as the accepted events make them."""

    seen: dict[int, int] = field(default_factory=dict)
    tiles: Counter[tuple[int, int]] = field(default_factory=Counter)
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    context: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    told: list[tuple[Place, int, int, dict[str, Any]]] = field(default_factory=list)
    """Accepted context records: where, ts, event hash, value."""
    answers: list[tuple[Place, bool, int]] = field(default_factory=list)
    """What was said about pushes, by late records, too: where, yes or no, and from when it counts."""

    def recent(self) -> list[tuple[Any, ...]]:
        """The newest facts, oldest first: ts, event, item, category, price, currency, quantity, line, type."""
        return sorted(self.facts, key=lambda f: (f[0], f[1], f[7]))[-RECENT:]

    def table(self, kinds: tuple[int, ...], most: int) -> list[tuple[Any, ...]]:
        """The newest facts of some kinds that name an item, oldest first."""
        mine = [fact for fact in self.facts if fact[8] in kinds and fact[2]]
        return sorted(mine, key=lambda f: (f[0], f[1], f[7]))[-most:]


@dataclass(slots=True)
class Expected:
    """What must come out of an input."""

    users: dict[str, User] = field(default_factory=lambda: defaultdict(User))
    counts: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The law-4 counters of each partition."""
    dead: dict[Place, bytes | None] = field(default_factory=dict)
    late: set[Place] = field(default_factory=set)


def expect(entries: Iterable[Entry], prefix: str, keyed: Keyed) -> Expected:
    """Return what the records of the three event topics must lead to."""
    expected, newest = Expected(), defaultdict(int)
    for entry in sorted(entries, key=lambda e: (e.topic, e.partition, e.offset)):
        topic = entry.topic.removeprefix(prefix)
        counts, place = expected.counts[entry.partition], (topic, entry.partition, entry.offset)
        counts["consumed"] += 1
        value = _readable(topic, entry)
        if value is None:
            counts["dead_letters"] += 1
            expected.dead[place] = entry.value
            continue
        name, ts_ms = value["user_id"], value["ts"]
        user, event = expected.users[name], event_hash(topic, value["event_id"])
        if event in user.seen:
            counts["duplicates"] += 1
        elif ts_ms < newest[topic, name] - LATENESS_MS:
            counts["late"] += 1
            expected.late.add(place)
            if "consent" in value:
                user.answers.append(_answer(place, value, entry))
        else:
            counts["accepted"] += 1
            newest[topic, name] = max(newest[topic, name], ts_ms)
            _accept(user, topic, place, event, value)
            if topic == "context" and "consent" in value:
                user.answers.append(_answer(place, value, entry))
            _keep_words(user, event, value, keyed)
    _check_clear(expected)
    return expected


def expect_opt_outs(expected: Expected, receipts: Iterable[Entry], topic: str) -> None:
    """A receipt that says a user opted out withdraws consent. ``topic``: the short name."""
    for entry in receipts:
        expected.counts[entry.partition]["receipts"] += 1
        value = json.loads(entry.value or b"")
        if value["status"] == "opted_out":
            place = (topic, entry.partition, entry.offset)
            answer = (place, False, entry.timestamp_ms)
            expected.users[value["user_id"]].answers.append(answer)


def expect_profiles(expected: Expected, entries: Iterable[Entry], topic: str) -> None:
    """A profile tells what its user likes and is, all places at once. ``topic``: the short name."""
    for entry in entries:
        value = json.loads(entry.value or b"")
        interests, segments = value.get("interests", []), value.get("segments", [])
        event = event_hash(topic, "\0".join((*interests, "", *segments)))
        user = expected.users[value["user_id"]]
        for numbers, texts in ((INTERESTS, interests), (SEGMENTS, segments)):
            for number, text in zip_longest(numbers, texts[: len(numbers)]):
                told = (value["ts"], event, _hash(text))
                user.context[number] = max(user.context.get(number, (0, 0, 0)), told)


def _check_clear(expected: Expected) -> None:
    """Topics of a user are merged in an order the log does not tell: it must not matter."""
    for user in expected.users.values():
        if user.seen and max(user.seen.values()) - min(user.seen.values()) >= LATENESS_MS:
            raise AmbiguousError


def _readable(topic: str, entry: Entry) -> dict[str, Any] | None:
    """The record's value, None where a rule of the input is broken."""
    try:
        value = json.loads(entry.value or b"")
        ts_ms, user = value["ts"], value["user_id"]
        good = (
            bool(user) and bool(value["event_id"]) and user.encode() == entry.key
            and FIRST_MS <= ts_ms <= LAST_MS
            and FIRST_MS <= entry.timestamp_ms < FUTURE_MS
            and ts_ms <= entry.timestamp_ms + DAY_MS
            and (topic != "clicks" or value["event"] in CLICKS)
            and (topic != "purchases" or (value["status"] in STATUSES and len(value["lines"]) > 0))
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None
    return value if good else None


def _accept(user: User, topic: str, place: Place, event: int, value: dict[str, Any]) -> None:
    ts_ms = value["ts"]
    user.seen[event] = ts_ms
    if topic == "clicks":
        price = _money(value.get("price_minor"), value)
        _fact(user, ts_ms, event, value, CLICKS.index(value["event"]), 0, price)
    elif topic == "purchases":
        for number, line in enumerate(value["lines"]):
            price = _money(line["unit_price_minor"], value)
            _fact(user, ts_ms, event, line, STATUSES[value["status"]], number, price)
    else:
        _tell(user, place, event, value)


def _keep_words(user: User, event: int, value: dict[str, Any], keyed: Keyed) -> None:
    """A search tells its first words, all places at once: those without a word are empty."""
    words = list(dict.fromkeys(value.get("query", "").lower().replace("_", " ").split()))
    for number, word in zip_longest(WORDS, words[: len(WORDS)]) if words else ():
        told = (value["ts"], event, 0 if word is None else keyed.word(word))
        user.context[number] = max(user.context.get(number, (0, 0, 0)), told)


def _fact(
    user: User,
    ts_ms: int,
    event: int,
    about: dict[str, Any],
    kind: int,
    line: int,
    price: tuple[int, int],
) -> None:
    if line == 0:
        user.tiles[ts_ms // TILE_MS, kind] += 1
    item, category = (_hash(about.get(name)) for name in ("item_id", "category_id"))
    user.facts.append((ts_ms, event, item, category, *price, about.get("quantity", 1), line, kind))


def _money(price: int | None, about: dict[str, Any]) -> tuple[int, int]:
    """Price, -1 without one (0 is none), and currency, five bits a letter."""
    number = 0
    for letter in about.get("currency") or "":
        number = number * 32 + ord(letter.upper()) - 64
    return price or -1, number


def _tell(user: User, place: Place, event: int, value: dict[str, Any]) -> None:
    ts_ms = value["ts"]
    user.told.append((place, ts_ms, event, value))
    told = {number: _hash(value[name]) for name, number in FIELDS.items() if name in value}
    for number, text in told.items():
        user.context[number] = max(user.context.get(number, (0, 0, 0)), (ts_ms, event, text))
    kind = situation(value)
    if kind is not None:
        user.tiles[ts_ms // TILE_MS, kind] += 1
    if minutes := round(value.get("app_minutes", 0)):
        user.tiles[ts_ms // TILE_MS, APP_MINUTES] += minutes


def situation(value: dict[str, Any]) -> int | None:
    """The tile of the situation: as the guide says of `context`, for what this stream sends."""
    device, place = value.get("device"), value.get("place")
    if place == "store":
        return 17
    if place:
        return {("mobile", "transit"): 13, ("mobile", "home"): 14, ("desktop", "work"): 15,
                ("desktop", "home"): 16}.get((device or "", place))  # fmt: skip
    return 21 if device == "desktop" else None


def _answer(place: Place, value: dict[str, Any], entry: Entry) -> tuple[Place, bool, int]:
    """A no counts from its record's time, a yes from the earlier of its own and that."""
    yes = value["consent"]["push"]
    return place, yes, min(value["ts"], entry.timestamp_ms) if yes else entry.timestamp_ms


def _hash(text: str | None) -> int:
    return 0 if text is None else text_hash(text)
