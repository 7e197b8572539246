"""What the learner reads of the catalogue: records of what it knows, and of what is new."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.knowledge.catalogue import Catalogue

LAUNCHED_FOR_MS = 30 * 24 * 3_600_000
"""After a month people know it, or nobody will."""
MOST_LAUNCHED = 1_000


class Shelf(NamedTuple):
    """``records``: JSON by item hash; ``launched``: which of them are new, newest first."""

    records: dict[int, bytes]
    launched: list[int]


def shelf(catalogue: Catalogue, known: NDArray[np.uint64], now_ms: int) -> Shelf:
    """Return the records of the ``known`` items and of those that arrived in the month before ``now_ms``."""
    if not len(catalogue):
        return Shelf({}, [])
    now = np.array([now_ms], np.int64)
    _, new, arrived_ms = catalogue.arrivals_at(now, now, MOST_LAUNCHED)
    new = new[arrived_ms > now_ms - LAUNCHED_FOR_MS]
    return Shelf(catalogue.records(np.union1d(known, new)), new.tolist())
