"""Signals that are too large for one record, as several that teach the learner the same.

What is told is one sequence: who withdrew, what was pushed, the facts, and last the texts that no fact
needs. A part is a piece of that sequence; a fact's texts go with the first part that needs them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from schemas.globals import Signals
from streams.shared.sizes import LARGEST_BYTES

HEAD_BYTES = 1_000
"""More than a part takes besides what is in its columns and texts."""
_NAME_BYTES = 14
"""What MessagePack adds to a text at the most: its hash and how long it is."""
_WITHDRAWN = {"unshared": 8}
_PUSHES = {"pushed": 8, "pushed_ms": 8}
_FACTS = {
    "users": 8, "items": 8, "categories": 8, "types": 1, "ts_ms": 8, "cells": 8, "segments": 8,
    "shared": 1,
}  # fmt: skip
_SECTIONS = (_WITHDRAWN, _PUSHES, _FACTS)
"""Columns that go together, in the order of the sequence, and the bytes of a row of each."""
_NAMING = ("items", "categories", "cells", "segments")

Places = NDArray[np.int64]


def parts(signals: Signals, largest_bytes: int = LARGEST_BYTES) -> Iterator[Signals]:
    """Yield ``signals`` in order as records of at most ``largest_bytes`` in MessagePack."""
    lengths = [_length(signals, columns) for columns in _SECTIONS]
    names = list(signals.names.items())
    place = _places(signals, names, lengths)
    costs = np.repeat([sum(columns.values()) for columns in _SECTIONS], lengths)
    costs = np.append(costs, np.zeros(max(place.max(initial=-1) + 1 - len(costs), 0), np.int64))
    np.add.at(costs, place, [len(text.encode()) + _NAME_BYTES for _, text in names])
    for start, stop in _pieces(costs, largest_bytes - HEAD_BYTES):
        mine = np.flatnonzero((place >= start) & (place < stop)).tolist()
        columns = _columns(signals, lengths, start, stop)
        yield replace(signals, names=dict(names[i] for i in mine), **columns)


def _length(signals: Signals, columns: dict[str, int]) -> int:
    """Rows of a section; its first column is always told."""
    name, width = next(iter(columns.items()))
    return len(getattr(signals, name)) // width


def _columns(signals: Signals, lengths: list[int], start: int, stop: int) -> dict[str, bytes]:
    """What of each column lies in a piece of the sequence."""
    told, first = dict[str, bytes](), 0
    for columns, length in zip(_SECTIONS, lengths, strict=True):
        low, high = max(start - first, 0), max(stop - first, 0)
        for name, width in columns.items():
            told[name] = getattr(signals, name)[low * width : high * width]
        first += length
    return told


def _places(signals: Signals, names: list[tuple[int, str]], lengths: list[int]) -> Places:
    """Return where in the sequence each text goes: those that no fact needs follow behind it."""
    facts, before = lengths[-1], sum(lengths[:-1])
    needed_by = _first_needed(signals, np.array([n for n, _ in names], np.uint64), facts)
    spare = np.flatnonzero(needed_by == facts)
    needed_by[spare] += np.arange(len(spare))
    return before + needed_by


def _first_needed(signals: Signals, names: NDArray[np.uint64], facts: int) -> Places:
    """Return the first fact that has each hash in one of its columns; ``facts``: none has."""
    columns = [np.frombuffer(getattr(signals, name), "<u8") for name in _NAMING]
    told = [column for column in columns if len(column)]
    if not told or not len(names):
        return np.full(len(names), facts)
    found, first = np.unique(np.stack(told, axis=1).ravel(), return_index=True)
    at = np.minimum(found.searchsorted(names), len(found) - 1)
    return np.where(found[at] == names, first[at] // len(told), facts)


def _pieces(costs: NDArray[np.int64], room: int) -> Iterator[tuple[int, int]]:
    """Cut a sequence into as few pieces as keep each within ``room``, at least one row in each."""
    total = np.append(0, np.cumsum(costs))
    start = 0
    while start < len(costs):
        stop = int(total.searchsorted(total[start] + room, side="right")) - 1
        start, begin = max(stop, start + 1), start
        yield begin, start
