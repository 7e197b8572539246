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
    at_ms = due.reached_ms
    offered = shared.catalogue.rows(candidates.item, at_ms[candidates.due])
    pushed = shared.catalogue.rows(pushes["item"], at_ms[slots])
    versions = np.unique(np.concatenate((offered, pushed)))
    told, vectors = _vectors(versions, shared)
    mine = versions.searchsorted(offered)[pair]
    theirs = versions.searchsorted(pushed)[push]
    both = (told[mine] & told[theirs]).nonzero()[0]
    # Row by row, no matrix product: a pair's number must not depend on its batch.
    alike = (vectors[mine[both]] * vectors[theirs[both]]).sum(axis=1)
    np.maximum.at(closest, pair[both], alike.clip(0.0, 1.0))
    return closest


def _vectors(
    versions: NDArray[np.int64], shared: Shared
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which versions of items have an embedding of the catalogue's most common length, and these, of length 1."""
    found = [shared.catalogue.embedding(row) for row in versions.tolist()]
    widths = [len(vector) for vector in found if vector is not None]
    width = max(set(widths), key=lambda n: (widths.count(n), n), default=0)
    vectors, told = np.zeros((len(versions), width)), np.zeros(len(versions), np.bool_)
    for row, vector in enumerate(found):
        if vector is not None and len(vector) == width:
            vectors[row], told[row] = vector, True
    return told, vectors
