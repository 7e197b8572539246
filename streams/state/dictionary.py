"""A partition's dictionary: the text of each hash that it has seen.

A row has some `LOAD` texts, so that a text costs little more than itself; which row is said by the
low bits of its number, worked out from its hash and a secret of the deployment: whoever chooses texts
by their hashes does not fill one row (multiply-shift: M. Dietzfelbinger et al., J. Algorithms 1997).
With every `LOAD` texts the dictionary has a row more, which takes what belongs to
it from one other (linear hashing: W. Litwin, VLDB 1980). So a row stays short, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.ids import hash64

LOAD = 16
_BETWEEN = b"\xff"
"""Before, between and after the texts of a row: no UTF-8 has this byte."""
_ROW_BYTES = 4
_64_BITS = 2**64 - 1


class Table(NamedTuple):
    """Where the rows of a dictionary lie.

    ``prefix``: begins their keys; ``factor``: odd and secret, spreads hashes over the rows; 0: the
    hash itself says its row, as in the dictionaries of earlier builds.
    """

    prefix: bytes
    factor: int

    def spread(self, hashes: Iterable[int]) -> Iterable[int]:
        """Return for each hash the number whose low bits say its row."""
        factor = self.factor
        return [(n * factor & _64_BITS) >> 32 for n in hashes] if factor else hashes

    def key(self, place: int) -> bytes:
        """Return the key of a row."""
        return self.prefix + place.to_bytes(_ROW_BYTES, "big")


@dataclass(slots=True)
class Dictionary:
    """``get_many``: reads rows by their keys; ``count``: how many texts there are in the ``table``."""

    get_many: Callable[[list[bytes]], list[bytes | None]]
    count: int
    table: Table

    def find(self, numbers: Iterable[int]) -> dict[int, str | None]:
        """Return the text of each hash, None where there is none."""
        asked = list(numbers)
        places = self._places(asked)
        rows = {place: _by_hash(row) for place, row in self._read(places).items()}
        return {n: rows[place].get(n) for n, place in zip(asked, places, strict=True)}

    def add(self, names: Mapping[int, str]) -> tuple[dict[bytes, bytes | None], dict[int, str]]:
        """Add texts by their hashes; return the rows to write, and the texts that are new."""
        places = self._places(names)
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
        for text, place in zip(fresh.values(), self._places(fresh), strict=True):
            rows[place] = (rows[place] or _BETWEEN) + text.encode() + _BETWEEN
        changed = {place: row for place, row in rows.items() if before.get(place, b"") != row}
        return {self.table.key(place): row or None for place, row in changed.items()}, fresh

    def _places(self, numbers: Iterable[int]) -> list[int]:
        """The row of each hash: as many low bits of its number as lead to a row that is there."""
        rows = rows_of(self.count)
        half = 1 << (rows - 1).bit_length() >> 1
        mask = max(2 * half - 1, 0)
        places = [number & mask for number in self.table.spread(numbers)]
        return [place if place < rows else place - half for place in places]

    def _read(self, places: Iterable[int]) -> dict[int, bytes]:
        wanted = list(dict.fromkeys(places))
        found = self.get_many([self.table.key(place) for place in wanted])
        return {place: row or b"" for place, row in zip(wanted, found, strict=True)}

    def _grow(self, rows: dict[int, bytes], more: int) -> None:
        """Make room for ``more`` texts: each new row takes what is its own from its parent."""
        first, self.count = rows_of(self.count), self.count + more
        parents = {
            place: place - (1 << place.bit_length() >> 1)
            for place in range(first, rows_of(self.count))
        }
        rows |= self._read({p for p in parents.values() if p < first and p not in rows})
        for place, parent in parents.items():
            rows[parent], rows[place] = self._parted(rows[parent], place - parent)

    def _parted(self, row: bytes, bit: int) -> tuple[bytes, bytes]:
        """The texts whose numbers lack a bit, and those that have it."""
        parts, texts = ([_BETWEEN], [_BETWEEN]), _texts(row)
        for text, number in zip(texts, self.table.spread(map(hash64, texts)), strict=True):
            parts[number & bit != 0].append(text.encode() + _BETWEEN)
        without, having = (b"".join(part) if len(part) > 1 else b"" for part in parts)
        return without, having


def rows_of(count: int) -> int:
    """Return how many rows so many texts lie in."""
    return max(count // LOAD, 1)


def _texts(row: bytes) -> list[str]:
    return [text.decode() for text in row[1:-1].split(_BETWEEN)] if row else []


def _by_hash(row: bytes) -> dict[int, str]:
    return {hash64(text): text for text in _texts(row)}
