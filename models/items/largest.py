"""The largest entries of the rows of a sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def largest(scores: csr_array, most: int) -> csr_array:
    """Return the ``most`` largest entries of each row."""
    kept = np.ones(scores.nnz, bool)
    for row in np.flatnonzero(np.diff(scores.indptr) > most).tolist():
        low, high = scores.indptr[row : row + 2]
        smaller = np.argpartition(-scores.data[low:high], most)[most:]
        kept[low + smaller] = False
    return entries(scores, kept)


def entries(matrix: csr_array, kept: NDArray[Any]) -> csr_array:
    """Return the matrix with the ``kept`` of its stored entries (mask)."""
    before = np.concatenate(([0], np.cumsum(kept)))
    parts = (matrix.data[kept], matrix.indices[kept], before[matrix.indptr])
    return csr_array(parts, matrix.shape)
