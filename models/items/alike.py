"""Which items are described alike: nearest neighbours by words and by the shop's own embedding.

A worker learns this, so it is sparse algebra alone: scikit-learn, which says the same
(`tests/models/items/test_alike.py`), takes two seconds and 140 MB to be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, hstack, vstack

from models.items.content import Described
from models.items.largest import entries, largest

LEAST = 0.2
"""A cosine below it is one common word."""
MOST_AT_ONCE = 2_000_000
"""Cosines that are in memory at once."""
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
    near = vstack(list(_nearest(_vectors(told), asking, among, longest)), format="coo")
    return asking[near.row], among[near.col], np.minimum(near.data, 1.0)


def _nearest(
    vectors: csr_array, asking: Places, among: Places, longest: int
) -> Iterator[csr_array]:
    """Yield the largest cosines of some rows at a time: csr[asking, among]."""
    others = vectors[among].T.tocsr()
    for part in np.array_split(asking, 1 + len(asking) * len(among) // MOST_AT_ONCE):
        cosines = csr_array(vectors[part] @ others)
        itself = np.repeat(part, np.diff(cosines.indptr)) == among[cosines.indices]
        yield largest(entries(cosines, ~itself & (cosines.data >= LEAST)), longest)


def _vectors(told: Sequence[Described]) -> csr_array:
    """Rows of length 1: TF-IDF of the words, and with as much weight the embedding that a shop gives."""
    parts = [_tf_idf([each.words for each in told])]
    width = max((len(each.embedding) for each in told if each.embedding), default=0)
    if width:
        own = np.zeros((len(told), width))
        for row, each in zip(own, told, strict=True):
            if each.embedding and len(each.embedding) == width:
                row[:] = each.embedding
        parts.append(_unit(csr_array(np.nan_to_num(own))))
    return _unit(csr_array(hstack(parts)))


def _tf_idf(texts: Sequence[str]) -> csr_array:
    """Rows of length 1: of each word of a text (1 + ln count) (1 + ln((1 + texts) / (1 + texts with it)))."""
    columns = dict[str, int]()
    words = [
        (row, columns.setdefault(word, len(columns)))
        for row, text in enumerate(texts)
        for word in text.lower().split()
    ]
    if not words:
        return csr_array((len(texts), 1))
    place = np.array(words, np.int64).T
    counts = csr_array(coo_array((np.ones(len(words)), place), (len(texts), len(columns))))
    having = np.bincount(counts.indices, minlength=len(columns))
    counts.data = 1 + np.log(counts.data)
    return _unit(csr_array(counts @ diags_array(1 + np.log((1 + len(texts)) / (1 + having)))))


def _unit(rows: csr_array) -> csr_array:
    """Return the rows at length 1; empty ones stay as they are."""
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.where(length > 0, length, 1.0)) @ rows)
