"""Logs of items as tasks: sequences and sessions, from parquet or CSV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.evaluate.items.task import Queries, Task
from models.items import Histories, Training

MOST_VALIDATION = 6_000
"""Validation queries drawn: enough to choose a dozen weights."""
MOST_SEEN = 50
"""Newest items of a history that a query shows."""
KEPT, LISTED = 100, 20
"""Of sessions: pairs of a query for the ranker, and how much of a list counts, as in published tables."""


class ItemLogError(ValueError):
    """A file is not a log of the kind; the message says why."""


def read_frame(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a parquet or CSV file and check for its columns.

    Raises:
        ItemLogError: it cannot be read, or a column is missing.
    """
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ItemLogError(f"{path}: cannot be read: {error}") from error
    missing = [name for name in columns if name not in frame]
    if missing:
        raise ItemLogError(f"{path}: no column {', '.join(missing)}")
    return frame


def read_sequences(path: Path, attributes: Path | None = None, seed: int = 0) -> Task:
    """Read (user_id, pos or ts, item_id): last = test, last but one = validation.

    Models are fitted on all but the last two; what the user has is not proposed again.

    Raises:
        ItemLogError: the file is not such a log.
    """
    frame = read_frame(path, ("user_id", "item_id"))
    when = next((name for name in ("pos", "ts") if name in frame), None)
    if when is None:
        raise ItemLogError(f"{path}: no column pos or ts")
    frame = frame.sort_values(["user_id", when], kind="stable")
    names, item = np.unique(frame["item_id"].to_numpy(), return_inverse=True)
    user = np.unique(frame["user_id"].to_numpy(), return_inverse=True)[1]
    ts_ms = np.zeros(len(frame), np.int64)
    every = Histories.group(user, item, ts_ms, int(user.max()) + 1)
    every = every.take(every.lengths >= 3)
    if not len(every):
        raise ItemLogError(f"{path}: no user has three items")
    names, words = _described(names, attributes)
    training = Training(every.without_newest(2), len(names), words)
    last = every.starts[1:]
    tuning = Queries.next_item(every.without_newest(2).newest(MOST_SEEN), every.item[last - 2])
    test = Queries.next_item(every.without_newest(1).newest(MOST_SEEN), every.item[last - 1])
    return Task(
        "next_item", training, tuning.take(_drawn(len(tuning), seed)), training, test, False,
        "The last item of each user, among all items; fitted on all but the last two.",
    )  # fmt: skip


def read_sessions(path: Path, attributes: Path | None = None, seed: int = 0) -> Task:
    """Read (session_id, item_id, ts, split): the next click at every position of test sessions.

    The newest training sessions are for validation. What was clicked may be clicked again.

    Raises:
        ItemLogError: the file is not such a log.
    """
    frame = read_frame(path, ("session_id", "item_id", "ts", "split"))
    frame = frame.sort_values(["session_id", "ts"], kind="stable")
    names, item = np.unique(frame["item_id"].to_numpy(), return_inverse=True)
    session = np.unique(frame["session_id"].to_numpy(), return_inverse=True)[1]
    ts_ms = _milliseconds(frame["ts"])
    every = Histories.group(session, item, ts_ms, int(session.max()) + 1)
    in_test = (frame["split"] == "test").to_numpy()[every.starts[:-1]]
    if not in_test.any() or in_test.all():
        raise ItemLogError(f"{path}: split must be train for some sessions and test for others")
    known = _by_time(every.take(~in_test))
    tail = max(min(int(in_test.sum()), len(known) // 10), 1)
    names, words = _described(names, attributes)
    early = Training(known.take(np.arange(len(known) - tail)), len(names), words)
    tuning = next_clicks(known.take(np.arange(len(known) - tail, len(known))))
    test = next_clicks(_by_time(every.take(in_test)))
    if not len(tuning) or not len(test):
        raise ItemLogError(f"{path}: too few sessions with two clicks to choose by and to test")
    return Task(
        "next_click", early, tuning.take(_drawn(len(tuning), seed)),
        Training(known, len(names), words), test, True,
        "The next click at every position of the test sessions, among all items.",
        KEPT, LISTED,
    )  # fmt: skip


def next_clicks(sessions: Histories) -> Queries:
    """Return a query for every click but the first of each session."""
    at = np.flatnonzero(sessions.back < (sessions.lengths - 1)[sessions.row])
    row = sessions.row[at]
    first = np.maximum(sessions.starts[row], at - MOST_SEEN)
    return Queries.next_item(sessions.slices(first, at), sessions.item[at], row)


def _by_time(sessions: Histories) -> Histories:
    """Oldest session first, by its last event."""
    last = np.where(sessions.lengths > 0, sessions.ts_ms[np.maximum(sessions.starts[1:] - 1, 0)], 0)
    return sessions.take(np.argsort(last, kind="stable"))


def _drawn(queries: int, seed: int) -> NDArray[np.int64]:
    drawn = np.zeros(queries, bool)
    drawn[np.random.default_rng(seed).permutation(queries)[:MOST_VALIDATION]] = True
    return np.flatnonzero(drawn)


def _milliseconds(ts: pd.Series) -> NDArray[np.int64]:
    if pd.api.types.is_numeric_dtype(ts):
        return np.array(ts.to_numpy(np.float64) * 1000, np.int64)
    told = pd.to_datetime(ts, utc=True).astype("datetime64[ms, UTC]")
    return np.array(told.astype("int64"), np.int64)


def _described(
    names: NDArray[np.generic], path: Path | None
) -> tuple[NDArray[np.generic], csr_array | None]:
    """Read (item_id, attributes: a list) and return every item's name, and items x words.

    Items that only the attributes name are part of the catalogue: they are ranked as well.
    """
    if path is None:
        return names, None
    frame = read_frame(path, ("item_id", "attributes"))
    frame = frame.explode("attributes").dropna(subset=["attributes"])
    told = frame["item_id"].to_numpy()
    extra = np.setdiff1d(told, names)
    every = np.concatenate((names, extra))
    order = np.argsort(every)
    item = order[np.searchsorted(every, told, sorter=order)]
    word = pd.factorize(frame["attributes"].astype(str))[0]
    ones = np.ones(len(frame), np.float32)
    return every, csr_array((ones, (item, word)), (len(every), int(word.max()) + 1))
