"""How a pair stands among those offered to the same user: the ranker's view of the sources.

Unlike the feature contract's a row depends on the user's other pairs, so it is worked out over what
the light pass kept, here, in training and in evaluation alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.calendar import Int64s
from schemas.vocabulary import CANDIDATE_SOURCES

Rows = NDArray[np.float32]
LEAST = 1e-9
"""Divides where a score is 0."""


def names(scores: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns' names for scores called ``scores``."""
    return (
        *(f"from_{name}" for name in scores),
        *(f"share_{name}" for name in scores),
        "total",
        "share_total",
        "place",
        "proposers",
    )


NAMES = names(CANDIDATE_SOURCES)
"""The worker's columns; an old bundle asks for fewer of them."""


def compute(
    query: Int64s, item: NDArray[Any], scores: Rows, total: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return float32[m, `names`]: what each source gave the pair, and that over its query's best.

    ``query``: sorted, whose pair it is; ``scores``: float32[m, sources], 0 where a source does not
    propose the pair; ``total``: their sum up, which also gives the place from 0, ties by item.
    """
    if not len(query):
        return np.zeros((0, 2 * scores.shape[1] + 4), np.float32)
    starts = np.concatenate(([True], query[1:] != query[:-1])).nonzero()[0]
    lengths = np.append(starts[1:], len(query)) - starts
    best = np.maximum.reduceat(scores, starts).repeat(lengths, axis=0)
    top = np.maximum.reduceat(total, starts).repeat(lengths)
    place = np.empty(len(query))
    order = np.lexsort((item, -total, query))
    place[order] = np.arange(len(query)) - starts.repeat(lengths)
    told = (total, total / np.maximum(top, LEAST), place, (scores > 0).sum(axis=1))
    shares = scores / np.maximum(best, LEAST)
    return np.concatenate((scores, shares, np.array(told).T), axis=1).astype(np.float32)


@dataclass(slots=True, frozen=True)
class Offered:
    """What users are offered, a row a pair, sorted by ``due``: all that the ranker reads of pairs.

    ``pair``: float32[m, pair features]; ``by_source``: float32[m, sources].
    """

    due: Int64s
    item: NDArray[np.uint64]
    pair: Rows
    by_source: Rows
    source_score: NDArray[np.float32]

    def rows(self) -> Rows:
        """Return float32[m, pair features and `NAMES`]."""
        stands = compute(self.due, self.item, self.by_source, self.source_score)
        return np.concatenate((self.pair, stands), axis=1)
