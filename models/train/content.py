"""Which cold items are described like which others, as a table of the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.items.alike import alike
from models.items.content import Described

COLD = 5
"""Histories that an item must be in to be known by what people do."""
MOST_COLD, MOST_SEEDS = 20_000, 50_000
"""Cold items proposed, the newest; items that lead to them, the most frequent."""
LONGEST = 20


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
    row, column, like = alike(told, seeds[seen[seeds] > 0], cold, LONGEST)
    if not len(row):
        return None
    shape = (len(items), len(items))
    return csr_array((like, (place[row], place[column])), shape, dtype=np.float32)
