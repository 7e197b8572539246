"""Which cold items are described like which others: TF-IDF of words, beside the shop's own embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from models.items.content import Described

COLD = 5
"""Histories that an item must be in to be known by what people do."""
MOST_COLD, MOST_SEEDS = 20_000, 50_000
"""Cold items proposed, the newest; items that lead to them, the most frequent."""
LONGEST = 20
LEAST = 0.2
"""A cosine below it is one common word."""


def content_table(
    told: Sequence[Described], items: NDArray[np.uint64], popularity: NDArray[Any]
) -> csr_array | None:
    """Return float32[items, items]: row = what was seen, column = a cold item like it; None: no pair.

    ``items``: sorted hashes, among them all of ``told``; ``popularity``: in how many histories each
    is. Everything an item is like comes from its description, so it holds from the first hour on.
    """
    told = [each for each in told if each.words or each.embedding]
    place = np.searchsorted(items, np.array([each.number for each in told], np.uint64))
    seen = popularity[place] if len(told) else place
    newest = np.argsort([-each.created_ms for each in told], kind="stable")
    cold = newest[seen[newest] < COLD][:MOST_COLD]
    seeds = np.argsort(-seen, kind="stable")[:MOST_SEEDS]
    seeds = seeds[seen[seeds] > 0]
    if not len(cold) or not len(seeds):
        return None
    rows = _vectors(told)
    near = NearestNeighbors(n_neighbors=min(LONGEST + 1, len(cold)), metric="cosine", n_jobs=1)
    distance, index = near.fit(rows[cold]).kneighbors(rows[seeds])
    row = np.repeat(place[seeds], index.shape[1])
    column, like = place[cold[index.ravel()]], 1.0 - distance.ravel()
    kept = (row != column) & (like >= LEAST)
    shape = (len(items), len(items))
    table = csr_array((like[kept], (row[kept], column[kept])), shape, dtype=np.float32)
    return table if table.nnz else None


def _vectors(told: Sequence[Described]) -> csr_array:
    """Rows of length 1: TF-IDF of the words, and with as much weight the embedding that a shop gives."""
    words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)
    try:
        parts = [words.fit_transform([each.words for each in told])]
    except ValueError:  # nobody said a word
        parts = [csr_array((len(told), 1))]
    width = max((len(each.embedding) for each in told if each.embedding), default=0)
    if width:
        own = np.zeros((len(told), width))
        for row, each in zip(own, told, strict=True):
            if each.embedding and len(each.embedding) == width:
                row[:] = each.embedding
        parts.append(csr_array(normalize(np.nan_to_num(own))))
    return csr_array(normalize(hstack(parts).tocsr()))
