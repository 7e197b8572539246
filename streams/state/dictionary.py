"""A partition's dictionary: the text of each hash that it has seen.

A row has some `LOAD` texts, so that a text costs little more than itself; which row is said by the
low bits of its hash. With every `LOAD` texts the dictionary has a row more, which takes what belongs to
it from one other (linear hashing: W. Litwin, VLDB 1980). So a row stays short, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from schemas.ids import hash64
from streams.state.store import NAME

LOAD = 16
_BETWEEN = b"\xff"
"""Before, between and after the texts of a row: no UTF-8 has this byte."""
_ROW_BYTES = 4


@dataclass(slots=True)
class Dictionary:
    """``get_many``: reads rows by their keys; ``count``: how many texts there are."""

    get_many: Callable[[list[bytes]], list[bytes | None]]
    count: int

    def find(self, numbers: Iterable[int]) -> dict[int, str | None]:
        """Return the text of each hash, None where there is none."""
        asked = list(numbers)
        places = _places(asked, self._rows)
        rows = self._read(places)
        return {n: _text(rows[place], n) for n, place in zip(asked, places, strict=True)}

    def add(self, names: Mapping[int, str]) -> tuple[dict[bytes, bytes | None], dict[int, str]]:
        """Add texts by their hashes; return the rows to write, and the texts that are new."""
        places = _places(list(names), self._rows)
        rows = self._read(places)
        fresh = {
            number: text
            for (number, text), place in zip(names.items(), places, strict=True)
            if _BETWEEN + text.encode() + _BETWEEN not in rows[place]
        }
        if not fresh:
            return {}, fresh
        before = dict(rows)
        self._grow(rows, len(fresh))
        for text, place in zip(fresh.values(), _places(list(fresh), self._rows), strict=True):
            rows[place] = (rows[place] or _BETWEEN) + text.encode() + _BETWEEN
        changed = {place: row for place, row in rows.items() if before.get(place, b"") != row}
        return {_key(place): row or None for place, row in changed.items()}, fresh

    @property
    def _rows(self) -> int:
        return max(self.count // LOAD, 1)

    def _read(self, places: Iterable[int]) -> dict[int, bytes]:
        wanted = list(dict.fromkeys(places))
        found = self.get_many([_key(place) for place in wanted])
        return {place: row or b"" for place, row in zip(wanted, found, strict=True)}

    def _grow(self, rows: dict[int, bytes], more: int) -> None:
        """Make room for ``more`` texts: each new row takes what is its own from its parent."""
        first, self.count = self._rows, self.count + more
        parents = {
            place: place - (1 << place.bit_length() >> 1) for place in range(first, self._rows)
        }
        rows |= self._read({p for p in parents.values() if p < first and p not in rows})
        for place, parent in parents.items():
            rows[parent], rows[place] = _parted(rows[parent], place - parent)


def _places(numbers: list[int], rows: int) -> list[int]:
    """The row of each hash among ``rows``: as many of its low bits as lead to one that is there."""
    half = 1 << (rows - 1).bit_length() >> 1
    mask = max(2 * half - 1, 0)
    return [place if (place := n & mask) < rows else place - half for n in numbers]


def _parted(row: bytes, bit: int) -> tuple[bytes, bytes]:
    """The texts whose hashes lack a bit, and those that have it."""
    parts = [_BETWEEN], [_BETWEEN]
    for text in _texts(row):
        parts[hash64(text) & bit != 0].append(text.encode() + _BETWEEN)
    without, having = (b"".join(part) if len(part) > 1 else b"" for part in parts)
    return without, having


def _key(place: int) -> bytes:
    return NAME + place.to_bytes(_ROW_BYTES, "big")


def _texts(row: bytes) -> list[str]:
    return [text.decode() for text in row[1:-1].split(_BETWEEN)] if row else []


def _text(row: bytes, number: int) -> str | None:
    return next((text for text in _texts(row) if hash64(text) == number), None)
