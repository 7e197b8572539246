"""Items that come after an item: directed pairs, a pair g steps apart counts 1/g."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

from models.items.item_table import ItemTable, scaled, table
from models.items.model import Training

REACH = 5
"""Steps looked ahead; the lab's choice on Beauty."""
DECAY = 0.6


def fit(training: Training, reach: int = REACH) -> ItemTable:
    """Return the table of transitions over the geometric mean of the items' counts."""
    return table(scaled(counted(training, reach), training.popularity()), decay=DECAY)


def counted(training: Training, reach: int = REACH) -> csr_array:
    """Return float32[items, items]: the sum of 1/gap over the pairs, row first."""
    item, row = training.histories.item, training.histories.row
    shape = (training.items, training.items)
    total = csr_array(shape, dtype=np.float32)
    for gap in range(1, reach + 1):  # gap by gap: millions of clicks have many pairs
        same = row[gap:] == row[:-gap]
        weight = np.full(int(same.sum()), 1 / gap, np.float32)
        pairs = coo_array((weight, (item[:-gap][same], item[gap:][same])), shape)
        total = total + pairs.tocsr()
    return total
