"""What the most similar users have: user-based collaborative filtering (Herlocker et al. 1999).

A baseline: every history counts whole, in whatever order, and so does what was seen.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from models.items.model import Training
from models.items.session_neighbours import SessionNeighbours

NEIGHBOURS = 100


def fit(training: Training, neighbours: int = NEIGHBOURS) -> SessionNeighbours:
    """Return the model: cosine of binary rows, the neighbours' items weighted by it."""
    held = training.histories.matrix(training.items)
    length = np.sqrt(np.maximum(np.diff(held.indptr), 1))
    led = csr_array(held.T @ diags_array(1 / length), dtype=np.float32)
    return SessionNeighbours(led, held, 1.0, neighbours)
