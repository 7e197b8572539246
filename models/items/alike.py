"""Which items are described alike: nearest neighbours by words and by the shop's own embedding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn import config_context
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from models.items.content import Described

LEAST = 0.2
"""A cosine below it is one common word."""
WORKING_MIB = 32
"""Distances that are in memory at once."""
Places = NDArray[np.int64]


def alike(
    told: Sequence[Described], asking: Places, among: Places, longest: int
) -> tuple[Places, Places, NDArray[np.float64]]:
    """Return (place asking, place found, cosine) of the ``longest`` likest of each, itself left out.

    ``asking``, ``among``: places in ``told``. TF-IDF of the words (Salton 1975), and with as much
    weight the embedding; nothing below `LEAST`.
    """
    if not len(asking) or not len(among):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    rows = _vectors(told)
    near = NearestNeighbors(n_neighbors=min(longest + 1, len(among)), metric="cosine", n_jobs=1)
    with config_context(working_memory=WORKING_MIB):
        distance, index = near.fit(rows[among]).kneighbors(rows[asking])
    row, column = np.repeat(asking, index.shape[1]), among[index.ravel()]
    like = 1.0 - distance.ravel()
    kept = (row != column) & (like >= LEAST)
    return row[kept], column[kept], np.minimum(like[kept], 1.0)


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
