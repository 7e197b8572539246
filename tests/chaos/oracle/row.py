"""Take a packed user row apart, from the layout that `schemas/state.py` documents."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

HEAD = struct.Struct("<BBHIHIHIqqq")
TILE = struct.Struct("<IHB")
MOMENT = struct.Struct("<IIH")
WHAT = struct.Struct("<HQQiHBB")
CONTEXT = struct.Struct("<qQQB")
JOURNAL = struct.Struct("<HBBB")
PUSH = struct.Struct("<QQQQqqqBB")
TIMER = struct.Struct("<qQQB")
DEBOUNCE = struct.Struct("<qB")
BUDGET = struct.Struct("<iH")
VERSION = 3


@dataclass(slots=True)
class Row:
    """A user's row; times in ms. Sections are tuples in the order of their columns."""

    total: int
    newest_ms: int
    first_ms: int
    tiles: list[tuple[Any, ...]]
    events: list[tuple[Any, ...]]
    seen: list[tuple[Any, ...]]
    context: list[tuple[Any, ...]]
    pushes: list[tuple[Any, ...]]
    timers: list[tuple[Any, ...]]
    debounce: list[tuple[Any, ...]]
    budget: list[tuple[Any, ...]]


def take_apart(raw: bytes) -> Row:
    """Return a row's content.

    Raises:
        ValueError: it is of another version, or longer or shorter than its counts say.
    """
    version, _, sealed, tiles, events, seen, context, total, newest, first, _ = HEAD.unpack_from(
        raw
    )
    if version != VERSION:
        raise ValueError(f"row version {version}")
    cut = _Cut(raw, HEAD.size + sealed)
    facts = [cut.next(TILE, tiles), _events(cut.next(MOMENT, events), cut.next(WHAT, events))]
    facts += [_seen(cut.next(MOMENT, seen), newest), cut.next(CONTEXT, context)]
    ((pushes, timers, debounce, budget),) = cut.next(JOURNAL, 1)
    journal = [cut.next(PUSH, pushes), cut.next(TIMER, timers), cut.next(DEBOUNCE, debounce)]
    journal.append(cut.next(BUDGET, budget))
    if cut.at != len(raw):
        raise ValueError(f"a row of {len(raw)} bytes, its counts say {cut.at}")
    return Row(total, newest, first, *facts, *journal)


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

    def next(self, layout: struct.Struct, count: int) -> list[tuple[Any, ...]]:
        start, self.at = self.at, self.at + layout.size * count
        return list(layout.iter_unpack(self._raw[start : self.at]))
