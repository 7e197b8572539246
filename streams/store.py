"""What the pipeline needs of a partition's state, and what it hands back to be committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schemas.tables import Output

USER = b"U"
"""Key prefix of a user's packed row; the 16-byte pseudonym follows."""
NAME = b"N"
"""Key prefix of the dictionary; the 8-byte little-endian hash follows, the value is its text."""
TIMER = b"T"
"""Key prefix of the timer index; due time (8 bytes big-endian) and pseudonym follow."""
MARKER = b"M"
"""Key of the partition's marker: counters, stream time, adopted epoch."""


class Store(Protocol):
    """One partition's rows, as of the last commit."""

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        ...

    def scan(self, start: bytes, stop: bytes) -> list[tuple[bytes, bytes]]:
        """Return the rows with ``start <= key < stop`` in key order."""
        ...


@dataclass(slots=True)
class Effects:
    """What a batch does to the world: committed as one transaction, or not at all.

    ``rows``: state writes, None deletes; ``outputs`` in publishing order.
    """

    rows: dict[bytes, bytes | None] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    decided: int = 0


class MemoryStore:
    """A partition's rows in a dictionary: replay, training and tests."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """Return the value of each key, None where there is none."""
        return [self.rows.get(key) for key in keys]

    def scan(self, start: bytes, stop: bytes) -> list[tuple[bytes, bytes]]:
        """Return the rows with ``start <= key < stop`` in key order."""
        return sorted(row for row in self.rows.items() if start <= row[0] < stop)

    def apply(self, rows: Mapping[bytes, bytes | None]) -> None:
        """Write committed rows."""
        for key, value in rows.items():
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value
