"""A partition's texts: those of its dictionary's generation, and those of the one before meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from schemas.ids import hash64
from streams.state.dictionary import Dictionary, Table
from streams.state.marker import Marker
from streams.state.store import NAMES

Rows = dict[bytes, bytes | None]


class Texts:
    """The dictionary of the partition that has ``marker``; counts there what it takes in."""

    def __init__(
        self, get_many: Callable[[list[bytes]], list[bytes | None]], marker: Marker
    ) -> None:
        generation, self._marker = marker.generation, marker
        now, before = (table_of(marker.secret, generation.number - age) for age in (0, 1))
        self._now = Dictionary(get_many, marker.names, now)
        self._before = Dictionary(get_many, generation.old, before)
        self._copies = generation.old > 0

    def find(self, numbers: Iterable[int]) -> dict[int, str | None]:
        """Return the text of each hash, None where there is none."""
        found = self._now.find(numbers)
        if self._copies:
            found |= self._before.find(number for number, text in found.items() if text is None)
        return found

    def add(self, names: Mapping[int, str]) -> tuple[Rows, dict[int, str]]:
        """Add texts by their hashes; return the rows to write, and the texts that were not in this generation."""
        rows, fresh = self._now.add(names)
        self._marker.names = self._now.count
        if self._copies and fresh:
            moved = self._before.find(fresh).values()
            self._marker.generation.moved += sum(text is not None for text in moved)
        return rows, fresh

    def copy(self, numbers: Iterable[int]) -> Rows:
        """Take texts over from the generation before; return the rows to write."""
        lacked = [number for number, text in self._now.find(numbers).items() if text is None]
        found = self._before.find(lacked)
        return self.add({number: text for number, text in found.items() if text is not None})[0]


def table_of(secret: str, generation: int) -> Table:
    """Return where a generation lies; ``secret``: the fingerprint of the deployment's."""
    factor = hash64(f"dictionary\x00{secret}\x00{generation}") | 1 if generation else 0
    return Table(NAMES[generation % len(NAMES)], factor)
