"""Texts of hashes that an epoch may need: kept while something counted bears them, bounded by use and age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.state import NEVER_MS
from streams.learner.kept import Kept

LOOK_MS = 30 * 86_400_000
"""A name that nothing counted bears goes when it was so at two looks in a row and nobody told it between."""
MAX_NAMES = 2_500_000
"""With more, it goes at the first."""


class Names(Kept):
    """A partition sends a name once a generation of its dictionary, so one that may be needed later stays."""

    KEEPS = ("texts", "dropped", "_unused", "_looked_ms")

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.dropped = 0
        self._unused: dict[int, None] = {}
        self._looked_ms = NEVER_MS

    def tell(self, names: Mapping[int, str]) -> None:
        """Take in names that a partition sent."""
        self.texts.update(names)
        for number in names.keys() & self._unused.keys():
            del self._unused[number]

    def forget(self, now_ms: int, used: Callable[[], set[int]]) -> None:
        """Drop what is too old or too much; ``used``: the hashes that anything counted bears."""
        full = len(self.texts) > MAX_NAMES
        if not full and 0 <= now_ms - self._looked_ms < LOOK_MS:
            return
        unused = self.texts.keys() - used()
        gone = unused if full else unused & self._unused.keys()
        for number in gone:
            del self.texts[number]
        self.dropped += len(gone)
        self._unused = dict.fromkeys(sorted(unused - gone))
        self._looked_ms = now_ms

    def keep_on(self, state: dict[str, Any]) -> None:
        """Take up a state; that of an earlier build is the texts alone."""
        if "texts" in state:
            super().keep_on(state)
        else:
            self.texts = dict[Any, str](state)
