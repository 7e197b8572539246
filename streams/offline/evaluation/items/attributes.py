"""What describes the items of a log: the categories its events name, and the catalogue's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from schemas.ids import NO_ID
from streams.knowledge.catalogue import Catalogue
from streams.knowledge.description import described
from streams.offline.evaluation.items.moments import ItemLog

Number = Callable[[NDArray[np.uint64]], NDArray[np.int64]]


def attributes(logs: Iterable[ItemLog], known: NDArray[np.uint64], of: Number) -> csr_array | None:
    """Return float32[items, words], 1 where it has the word; None: nothing is told of any.

    ``known``: sorted hashes of the items that are ranked; ``of``: their numbers. An item's first
    category counts, and its newest description while it is on offer: titles tell nothing of what users
    will do.
    """
    told: dict[int, set[str]] = {}
    for log in logs:
        facts = log.facts[log.facts["category"] != NO_ID]
        item, first = np.unique(facts["item"], return_index=True)
        for number, category in zip(item.tolist(), facts["category"][first].tolist(), strict=True):
            told.setdefault(number, {f"category={category}"})
        for number, words in _described(log):
            told.setdefault(number, set()).update(words)
    return _table(told, known, of)


def _described(log: ItemLog) -> Iterable[tuple[int, list[str]]]:
    catalogue = Catalogue()
    for record in log.catalogue:
        catalogue.apply(record.key, record.value, record.timestamp_ms)
    for each in described(catalogue):
        yield each.number, [w for w in each.words.split() if not w.startswith("category=")]


def _table(told: dict[int, set[str]], known: NDArray[np.uint64], of: Number) -> csr_array | None:
    pairs = [(number, word) for number, words in told.items() for word in sorted(words)]
    if not pairs:
        return None
    number = np.array([number for number, _ in pairs], np.uint64)
    names, word = np.unique([word for _, word in pairs], return_inverse=True)
    ranked = np.isin(number, known)
    row, column = of(number[ranked]), word[ranked]
    shape = (len(known), len(names))
    return csr_array((np.ones(len(row), np.float32), (row, column)), shape)
