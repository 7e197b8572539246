"""A partition's dictionary: the text of each hash that it has seen.

A row has some `LOAD` texts, so that a text costs little more than itself; which row is said by the
low bits of its hash. With every `LOAD` texts the dictionary has a row more, which takes what belongs to
it from one other (linear hashing: W. Litwin, VLDB 1980). So a row stays short, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from schemas.ids import hash64
from streams.store import NAME

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
        places = {number: _place(number, self._rows) for number in numbers}
        rows = self._read(places.values())
        return {number: _text(rows[place], number) for number, place in places.items()}

    def add(self, names: Mapping[int, str]) -> tuple[dict[bytes, bytes | None], dict[int, str]]:
        """Add texts by their hashes; return the rows to write, and the texts that are new."""
        rows = self._read(_place(number, self._rows) for number in names)
        fresh = {
            number: text
            for number, text in names.items()
            if _entry(text) not in rows[_place(number, self._rows)]
        }
        if not fresh:
            return {}, fresh
        before = dict(rows)
        self._grow(rows, len(fresh))
        for number, text in fresh.items():
            place = _place(number, self._rows)
            rows[place] = rows[place][:-1] + _entry(text)
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
        rows |= self._read(
            parent for parent in parents.values() if parent not in rows and parent < first
        )
        for place, parent in parents.items():
            texts, mine = _texts(rows[parent]), 2 * (place - parent) - 1
            rows[place] = _row(t for t in texts if hash64(t) & mine == place)
            rows[parent] = _row(t for t in texts if hash64(t) & mine != place)


def _place(number: int, rows: int) -> int:
    """The row of a hash among ``rows``: as many of its low bits as lead to one that is there."""
    bits = (rows - 1).bit_length()
    place = number & ((1 << bits) - 1)
    return place if place < rows else place - (1 << bits >> 1)


def _key(place: int) -> bytes:
    return NAME + place.to_bytes(_ROW_BYTES, "big")


def _entry(text: str) -> bytes:
    return _BETWEEN + text.encode() + _BETWEEN


def _row(texts: Iterable[str]) -> bytes:
    row = b"".join(_BETWEEN + text.encode() for text in texts)
    return row + _BETWEEN if row else b""


def _texts(row: bytes) -> list[str]:
    return [text.decode() for text in row[1:-1].split(_BETWEEN)] if row else []


def _text(row: bytes, number: int) -> str | None:
    return next((text for text in _texts(row) if hash64(text) == number), None)
