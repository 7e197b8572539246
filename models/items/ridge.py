"""EASE (Steck 2019) in the neighbourhood of each item: sparse, and linear in the items.

EASE inverts the items' whole Gram matrix. Here the ridge regression of each item is solved over
its most similar items alone, so that a million items cost a million small systems.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from models.items import cosine
from models.items.histories import Floats
from models.items.item_table import ItemTable, table
from models.items.model import Training

NEIGHBOURS = 60
L2 = 10.0
MOST_ITEMS = 50_000
"""Items regressed, the most frequent: a rare item has too little to regress on."""


def fit(training: Training, neighbours: int = NEIGHBOURS, l2: float = L2) -> ItemTable:
    """Return the table: row = what was seen, column = the item regressed on it."""
    seen = training.histories.newest(cosine.LONGEST_HISTORY).matrix(training.items)
    gram = (seen.T @ seen).tocsr()
    near = cosine.fit(training).similar
    frequent = np.argsort(-training.popularity(), kind="stable")[:MOST_ITEMS]
    rows, cols, values = [], [], []
    for item in frequent.tolist():
        low, high = near.indptr[item : item + 2]
        around = near.indices[low:high][np.argsort(-near.data[low:high])[:neighbours]]
        if not len(around):
            continue
        rows.append(around)
        cols.append(np.full(len(around), item))
        values.append(_weights(gram, around, item, l2))
    weights = (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols)))
    shape = (training.items, training.items)
    return table(csr_array(weights, shape, dtype=np.float32))


def _weights(gram: csr_array, around: Floats, item: int, l2: float) -> Floats:
    """Return the ridge regression of ``item`` on the items ``around`` it."""
    inner = gram[around][:, around].toarray()
    inner[np.diag_indices(len(around))] += l2
    towards = gram[around][:, [item]].toarray()
    solved: Floats = np.linalg.solve(inner, towards)[:, 0]
    return solved
