"""The sessions that a bundle carries: for vector session kNN (Ludewig and Jannach 2018) in the worker."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.items import Histories

Ints = NDArray[np.int64]
Columns = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
GAP_MS = 30 * 60_000
"""A longer pause ends a session, the usual cut of web logs."""
LONGEST = 20
"""Items of a session kept, its first; a crawl says nothing."""
MOST = 500_000
"""Newest sessions kept: with five items each some 60 MB of tables."""
SAMPLED = 50
"""Newest sessions that an item leads to."""


def session_tables(histories: Histories, items: int) -> tuple[Columns, Columns] | None:
    """Return the columns of `models.bundle.sessions`: led and held; None: nobody had two items.

    ``histories``: users' items in time. A session counts each item once. An entry of ``led`` scores
    idf / sqrt(length of the session), one of ``held`` idf, over the largest idf: rare items say more.
    """
    session, item, began_ms = _sessions(histories)
    if not len(session):
        return None
    count = np.bincount(item, minlength=items)
    idf = np.log1p((session.max() + 1) / np.maximum(count, 1))
    idf /= idf[item].max()
    length = np.bincount(session)
    held = _packed(session, item, idf[item], int(session.max()) + 1)
    newest = np.lexsort((session, -began_ms, item))
    place = np.arange(len(item)) - np.searchsorted(item[newest], item[newest])
    kept = newest[place < SAMPLED]
    weight = (idf[item] / np.sqrt(length[session]))[kept]
    return _packed(item[kept], session[kept], weight, items), held


def _sessions(histories: Histories) -> tuple[Ints, Ints, Ints]:
    """(session, item, when it began) of sessions with two items or more, each item once."""
    row, item, ts_ms = histories.row.astype(np.int64), histories.item, histories.ts_ms
    new = np.ones(len(row), np.bool_)
    new[1:] = (row[1:] != row[:-1]) | (np.diff(ts_ms) > GAP_MS)
    session = np.cumsum(new) - 1
    began_ms = ts_ms[new]
    first = np.unique(session * (int(item.max(initial=0)) + 1) + item, return_index=True)[1]
    first = first[np.argsort(first)]  # in time again
    session, item = session[first], item[first].astype(np.int64)
    place = np.arange(len(session)) - np.searchsorted(session, session)
    several = (np.bincount(session, minlength=len(began_ms)) > 1)[session] & (place < LONGEST)
    session, item = session[several], item[several]
    latest = np.unique(session)
    latest = latest[np.argsort(began_ms[latest], kind="stable")][-MOST:]
    number = np.full(len(began_ms), -1)
    number[np.sort(latest)] = np.arange(len(latest))
    kept = number[session] >= 0
    return number[session[kept]], item[kept], began_ms[session[kept]]


def _packed(key: Ints, value: Ints, score: NDArray[Any], keys: int) -> Columns:
    """Starts, values, scores of rows sorted by key."""
    return np.searchsorted(key, np.arange(keys + 1)), value, score
