"""Take a packed user row apart, from the layout that `schemas/state.py` documents."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

HEAD = struct.Struct("<BBHIHIHIqqq")
TILE = struct.Struct("<IHBB")
EVENT = struct.Struct("<qQQQiHBB")
SEEN = struct.Struct("<Qq")
CONTEXT = struct.Struct("<qQQB")
JOURNAL = struct.Struct("<HBB")
PUSH = struct.Struct("<QQQQqqqBB")
TIMER = struct.Struct("<qQQB")
DEBOUNCE = struct.Struct("<qB")
VERSION = 1


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
    facts = [cut.next(TILE, tiles), cut.next(EVENT, events), cut.next(SEEN, seen)]
    facts.append(cut.next(CONTEXT, context))
    ((pushes, timers, debounce),) = cut.next(JOURNAL, 1)
    journal = [cut.next(PUSH, pushes), cut.next(TIMER, timers), cut.next(DEBOUNCE, debounce)]
    if cut.at != len(raw):
        raise ValueError(f"a row of {len(raw)} bytes, its counts say {cut.at}")
    return Row(total, newest, first, *facts, *journal)


class _Cut:
    """Takes one section after the other."""

    def __init__(self, raw: bytes, at: int) -> None:
        self._raw, self.at = raw, at

    def next(self, layout: struct.Struct, count: int) -> list[tuple[Any, ...]]:
        start, self.at = self.at, self.at + layout.size * count
        return list(layout.iter_unpack(self._raw[start : self.at]))
