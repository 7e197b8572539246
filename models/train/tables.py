"""The item tables of a bundle, fitted on what users did in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.bundle.sessions import HELD, LED
from models.bundle.tables import packed
from models.items import Histories, Training, ridge, transitions
from models.items.content import Described
from models.items.item_table import ItemTable, table
from models.train.content import content_table
from models.train.sessions import session_tables
from schemas.ids import NO_ID

FITS: dict[str, Callable[[Training], ItemTable]] = {"ease": ridge.fit, "followers": transitions.fit}
LONGEST = 30
"""Entries of an item in the worker: 240 bytes a table."""


def item_tables(engagements: NDArray[Any], told: Sequence[Described] = ()) -> dict[str, bytes]:
    """Return the files of the tables by name; ``engagements``: `ENGAGEMENT` rows in any order.

    ``told``: what the catalogue says of its items. Scores lie in (0, 1]: those of what people do are
    divided by the table's largest, likeness is a cosine.
    """
    rows = engagements[engagements["item"] != NO_ID]
    if not len(rows):
        return {}
    rows = rows[np.lexsort((rows["item"], rows["ts_ms"], rows["user"]))]
    items = np.union1d(rows["item"], np.array([each.number for each in told], np.uint64))
    users, user = np.unique(rows["user"], return_inverse=True)
    item = np.searchsorted(items, rows["item"])
    histories = Histories.group(user, item, rows["ts_ms"], len(users))
    training = Training(histories, len(items))
    fitted = {name: _columns(fit(training).similar) for name, fit in FITS.items()}
    content = content_table(told, items, training.popularity())
    if content is not None:
        fitted["content"] = _columns(content, 1.0)
    sessions = session_tables(histories, len(items))
    if sessions is not None:
        fitted |= zip((LED, HELD), sessions, strict=True)
    return packed(items, fitted)


def _columns(
    fitted: csr_array, largest: float | None = None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return starts, item places and scores; each list best first, ties by place."""
    similar: csr_array = table(fitted, LONGEST).similar.tocsr()
    row = np.repeat(np.arange(similar.shape[0]), np.diff(similar.indptr))
    order = np.lexsort((similar.indices, -similar.data, row))
    largest = largest or similar.data.max(initial=0) or 1.0
    return similar.indptr, similar.indices[order], similar.data[order] / largest
