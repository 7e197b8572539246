"""Not what looks like the last pushes: closeness by the catalogue's own embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.tables import CandidateSet, DueUsers
from streams.knowledge.shared import Shared
from streams.pipeline.allocate.pushed import lately


def share(due: DueUsers, candidates: CandidateSet, shared: Shared) -> NDArray[np.float64]:
    """Return, per pair, the cosine to the likest item of the user's recent pushes, not below 0.

    0 where an item has no embedding, or one of another length.
    """
    closest = np.zeros(len(candidates))
    slots, pushes = lately(due)
    starts = slots.searchsorted(np.arange(len(due) + 1))
    count = np.diff(starts)[candidates.due]
    pair = np.arange(len(candidates)).repeat(count)
    if not len(pair):
        return closest
    first = starts[:-1][candidates.due]
    push = np.arange(len(pair)) + (first - (count.cumsum() - count)).repeat(count)
    items = np.unique(np.concatenate((candidates.item, pushes["item"])))
    told, vectors = _vectors(items, shared)
    mine = items.searchsorted(candidates.item)[pair]
    theirs = items.searchsorted(pushes["item"])[push]
    both = (told[mine] & told[theirs]).nonzero()[0]
    # Row by row, no matrix product: a pair's number must not depend on its batch.
    alike = (vectors[mine[both]] * vectors[theirs[both]]).sum(axis=1)
    np.maximum.at(closest, pair[both], alike.clip(0.0, 1.0))
    return closest


def _vectors(
    items: NDArray[np.uint64], shared: Shared
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which items have an embedding of the catalogue's most common length, and these, of length 1."""
    found = [shared.catalogue.embedding(number) for number in items.tolist()]
    widths = [len(vector) for vector in found if vector is not None]
    width = max(set(widths), key=lambda n: (widths.count(n), n), default=0)
    vectors, told = np.zeros((len(items), width)), np.zeros(len(items), np.bool_)
    for row, vector in enumerate(found):
        if vector is not None and len(vector) == width:
            vectors[row], told[row] = vector, True
    return told, vectors
