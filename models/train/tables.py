"""The item tables of a bundle, fitted on what users did in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.bundle.tables import packed
from models.items import Histories, Training, ridge, transitions
from models.items.item_table import ItemTable, table

FITS: dict[str, Callable[[Training], ItemTable]] = {"ease": ridge.fit, "followers": transitions.fit}
LONGEST = 30
"""Entries of an item in the worker: 240 bytes a table."""


def item_tables(engagements: NDArray[Any]) -> dict[str, bytes]:
    """Return the files of the tables by name; ``engagements``: `ENGAGEMENT` rows in any order.

    Scores are divided by the table's largest, so they lie in (0, 1].
    """
    if not len(engagements):
        return {}
    order = np.lexsort((engagements["item"], engagements["ts_ms"], engagements["user"]))
    rows = engagements[order]
    items, item = np.unique(rows["item"], return_inverse=True)
    users, user = np.unique(rows["user"], return_inverse=True)
    histories = Histories.group(user, item, rows["ts_ms"], len(users))
    training = Training(histories, len(items))
    fitted = {name: _columns(fit(training)) for name, fit in FITS.items()}
    return packed(items, fitted)


def _columns(fitted: ItemTable) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return starts, item places and scores; each list best first, ties by place."""
    similar: csr_array = table(fitted.similar, LONGEST).similar.tocsr()
    row = np.repeat(np.arange(similar.shape[0]), np.diff(similar.indptr))
    order = np.lexsort((similar.indices, -similar.data, row))
    largest = similar.data.max(initial=0) or 1.0
    return similar.indptr, similar.indices[order], similar.data[order] / largest
