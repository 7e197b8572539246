"""What items are called: words that find them, and what a new item that nobody met is like.

Worked out anew only when something was launched or many more items are known; every text is read
once. What is said holds from the first hour on, what people do takes over with `COLD` histories.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np

from schemas.catalog import CatalogItem
from schemas.ids import hash64
from streams.knowledge.shelf import Shelf
from streams.learner.kept import Kept
from streams.learner.popular import Packed, packed_lists

COLD = 5
"""Histories that an item must be in to be known by what people do (as in training)."""
LONGEST = 20
"""Items that a launched one is like: 260 KB for a thousand."""
PER_WORD, MOST_WORDS, MOST_ENTRIES = 16, 8_000, 40_000
"""Items of a word, words and entries of all: 600 KB of an epoch."""
COMMON_SHARE, FEW = 0.2, 30
"""A word that more of the items have, and more than a few, finds nothing."""
NEARLY_ALL = 0.75
"""Nor does one that so many of all items have, however few they are: it tells none of them apart."""
GROWN = 1.1
AGAIN_AFTER_MS = 24 * 3_600_000


class Said(NamedTuple):
    """``alike``: launched item -> known items; ``words``: hash of a word -> items; with scores."""

    alike: dict[int, Packed]
    words: dict[int, Packed]


class Describer(Kept):
    """Remembers what it said the last time, and of which items."""

    KEEPS = ("_said", "_known", "_launched", "_at_ms")

    def __init__(self, word: Callable[[str], int] = hash64) -> None:
        """``word``: hash of a word, as a search's words are hashed."""
        self._word = word
        self._said = Said({}, {})
        self._known: dict[int, bytes] = {}
        self._launched: dict[int, bytes] = {}
        self._at_ms = 0

    def say(self, shelf: Shelf, occurred: dict[int, int], now_ms: int) -> Said:
        """Return what the shelf says; ``occurred``: in how many histories each known item is."""
        launched = {n: shelf.records[n] for n in shelf.launched if occurred.get(n, 0) < COLD}
        if self._is_news(shelf, launched, now_ms):
            self._known, self._launched, self._at_ms = shelf.records, launched, now_ms
            items = {n: msgspec.json.decode(v, type=CatalogItem) for n, v in shelf.records.items()}
            self._said = Said(
                _alike(items, list(launched), occurred), _words(items, occurred, self._word)
            )
        return self._said

    def forget(self) -> None:
        """Work out next time what to say."""
        self._at_ms = -AGAIN_AFTER_MS

    def keep_on(self, state: dict[str, Any]) -> None:
        """Take up a state; what was said comes as a bare tuple."""
        super().keep_on(state)
        self._said = Said(*self._said)

    def _is_news(self, shelf: Shelf, launched: dict[int, bytes], now_ms: int) -> bool:
        if not shelf.records:
            return bool(self._known)
        grown = len(shelf.records) > GROWN * len(self._known)
        new = any(self._launched.get(number) != value for number, value in launched.items())
        return grown or new or now_ms - self._at_ms >= AGAIN_AFTER_MS


def _alike(
    items: dict[int, CatalogItem], launched: list[int], occurred: dict[int, int]
) -> dict[int, Packed]:
    if not launched or not occurred:
        return {}
    # Heavy imports, for the one worker that learns, and only where there is something to compare.
    from models.items.alike import alike
    from streams.knowledge.description import describe

    told = [describe(number, item) for number, item in items.items()]
    told = [each for each in told if each.words or each.embedding]
    number = np.array([each.number for each in told], np.uint64)
    new = np.flatnonzero(np.isin(number, np.array(launched, np.uint64)))
    met = np.array([occurred.get(n, 0) for n in number.tolist()], np.int64)
    seeds = np.setdiff1d(np.flatnonzero(met), new)
    row, column, like = alike(told, new, seeds, LONGEST)
    return packed_lists(number[row], number[column], like, LONGEST)


def _words(
    items: dict[int, CatalogItem], occurred: dict[int, int], word: Callable[[str], int]
) -> dict[int, Packed]:
    """Return for each word the items it finds: what is rare says more, then what people meet."""
    from streams.knowledge.description import search_terms

    terms = [(word(term), n) for n, item in items.items() for term in search_terms(item)]
    if not terms:
        return {}
    key, item = np.array(terms, np.uint64).T
    hashes, which, found = np.unique(key, return_inverse=True, return_counts=True)
    rare = (found == 1) | (found < NEARLY_ALL * len(items))
    rare &= found <= max(FEW, COMMON_SHARE * len(items))
    met = np.array([occurred.get(n, 0) for n in item.tolist()], np.float64)
    weight = np.log1p(len(items) / found)[which] / np.log1p(len(items))
    score = weight * (0.5 + 0.5 * met / max(met.max(), 1.0))
    leading = np.lexsort((hashes, -found))
    leading = leading[rare[leading]][:MOST_WORDS]
    kept = np.cumsum(np.minimum(found[leading], PER_WORD)) <= MOST_ENTRIES
    chosen = np.isin(which, leading[kept])
    return packed_lists(key[chosen], item[chosen], score[chosen], PER_WORD)
