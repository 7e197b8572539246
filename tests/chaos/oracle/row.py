"""Take a packed user row apart, from the layout that `schemas/state.py` documents."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

HEAD = struct.Struct("<BBHIqqqqq")
"""Before the counts of the facts: version, flags, sealed bytes, total, newest, first, floor, orders and carts forgotten."""
MOMENT = struct.Struct("<IIH")
WHAT = struct.Struct("<HQQqHHHB")
FACTS = {
    "tiles": [struct.Struct("<IHB")],
    "events": [MOMENT, WHAT],
    "seen": [MOMENT],
    "context": [struct.Struct("<qQQB")],
    "orders": [struct.Struct("<qQQHHB")],
    "carts": [struct.Struct("<qQQB")],
}
"""A count of four bytes each in the head; then their parts."""
JOURNALS = {
    "pushes": struct.Struct("<QQQQqqqBBBBBHqqq"),
    "timers": struct.Struct("<qQQB"),
    "debounce": struct.Struct("<qB"),
    "budget": struct.Struct("<iH"),
    "consent": struct.Struct("<qQQB"),
    "early": struct.Struct("<qQQBB"),
}
"""A count of two bytes each, then their rows."""
VERSION = 4


@dataclass(slots=True)
class Row:
    """A user's row; times in ms. Sections are tuples in the order of their columns."""

    total: int
    newest_ms: int
    first_ms: int
    orders_forgot_ms: int
    carts_forgot_ms: int
    tiles: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]
    seen: list[tuple[Any, ...]]
    context: list[tuple[Any, ...]]
    orders: list[tuple[Any, ...]]
    carts: list[tuple[Any, ...]]
    pushes: list[tuple[Any, ...]]
    timers: list[tuple[Any, ...]]
    debounce: list[tuple[Any, ...]]
    budget: list[tuple[Any, ...]]
    consent: list[tuple[Any, ...]]
    early: list[tuple[Any, ...]]


def take_apart(raw: bytes) -> Row:
    """Return a row's content.

    Raises:
        ValueError: it is of another version, or longer or shorter than its counts say.
    """
    version, _, sealed, total, newest, first, _, orders_forgot, carts_forgot = HEAD.unpack_from(raw)
    if version != VERSION:
        raise ValueError(f"row version {version}")
    cut = _Cut(raw, HEAD.size)
    counts = cut.counts("I", len(FACTS))
    cut.at += sealed
    facts = {
        name: [cut.next(part, count) for part in parts]
        for (name, parts), count in zip(FACTS.items(), counts, strict=True)
    }
    counts = cut.counts("H", len(JOURNALS))
    journal = {
        name: cut.next(layout, count)
        for (name, layout), count in zip(JOURNALS.items(), counts, strict=True)
    }
    if cut.at != len(raw):
        raise ValueError(f"a row of {len(raw)} bytes, its counts say {cut.at}")
    events, seen = _events(*facts.pop("events")), _seen(*facts.pop("seen"), newest)
    plain = {name: rows for name, (rows,) in facts.items()}
    return Row(
        total,
        newest,
        first,
        orders_forgot,
        carts_forgot,
        events=events,
        seen=seen,
        **plain,
        **journal,
    )


def _events(moments: list[tuple[Any, ...]], whats: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Time, id and the rest of each recent event."""
    both = zip(moments, whats, strict=True)
    return [
        (above << 32 | below, high << 32 | low, *rest)
        for (below, low, high), (above, *rest) in both
    ]


def _seen(moments: list[tuple[Any, ...]], newest_ms: int) -> list[tuple[Any, ...]]:
    """Id and time of each remembered event: the last time up to the newest with these low bits."""
    return [
        (high << 32 | low, newest_ms - (newest_ms - below) % (1 << 32))
        for below, low, high in moments
    ]


class _Cut:
    """Takes one section after the other."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw, self.at = raw, at

    def counts(self, code: str, sections: int) -> tuple[int, ...]:
        ((*counts,),) = self.next(struct.Struct(f"<{sections}{code}"), 1)
        return tuple(counts)

    def next(self, layout: struct.Struct, count: int) -> list[tuple[Any, ...]]:
        start, self.at = self.at, self.at + layout.size * count
        return list(layout.iter_unpack(self._raw[start : self.at]))
