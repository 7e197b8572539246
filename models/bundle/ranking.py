"""Run a bundle's ranker, the optional graph that orders the candidates of one user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle.bundle import Bundle
from models.bundle.experts import Rows, UserScores, run_graph
from models.bundle.manifest import RANK
from models.features.standing import Offered

Floats = NDArray[np.float64]


def rank_pairs(
    bundle: Bundle | None, users: UserScores, user: Rows, offered: Offered | None
) -> Floats | None:
    """Return ``h_r``, where each pair stands among those of its user: float64[m] in (0, 1).

    Its log-odds order the pairs of one user and say nothing of other users: fusion weighs them.
    None where the bundle has no ranker, NaN where it failed. The pipeline, training and evaluation
    all rank through here.
    """
    if bundle is None or offered is None or not bundle.has(RANK):
        return None
    found = run_graph(bundle, RANK, user, users.scene, offered.rows(), offered.due)
    return np.full(len(offered.due), np.nan) if found is None else found.astype(np.float64)
