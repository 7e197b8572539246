"""Alibaba Tianchi 649, "User Behavior Data from Taobao" (research use, not shipped).

The public UserBehavior.csv (no header: user, item, category, pv/cart/fav/buy, s UTC) or a parquet
file with named columns. The log has no prices: 0 XXX.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from streams.offline.sources.report import (
    Draft,
    RowIds,
    Source,
    SourceError,
    SourceReport,
    sorted_rows,
)
from streams.offline.sources.shop import Shelf, click, purchase
from streams.shared.times import FIRST_MS, LAST_MS

_COLUMNS = ["user_id", "item_id", "category_id", "event", "ts"]
_EVENTS = {"pv": "view", "buy": "purchase"} | {
    name: name for name in ("view", "cart", "fav", "purchase")
}


def read_taobao(path: str | Path) -> Source:
    """Read the CSV or parquet file. Rows of times outside 2000 to 2100 are skipped and counted.

    Raises:
        SourceError: the file cannot be read, or has an event this log does not have.
    """
    path = Path(path)
    frame = _frame(path)
    events = frame["event"].astype("string").map(_EVENTS)
    if events.isna().any():
        raise SourceError(
            f"{path}: row {int(events.isna().to_numpy().argmax())}: unknown behaviour"
        )
    report = SourceReport(rows=len(frame))
    times = frame["ts"].astype("int64") * 1000
    columns: dict[str, list[Any]] = {"ts_ms": times.tolist()}
    for name in ("user_id", "item_id", "category_id"):
        columns[name] = frame[name].astype("string").tolist()
    columns["event"] = events.tolist()
    return Source(_drafts(columns, RowIds(path), report), report)


def _frame(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path, columns=_COLUMNS)
        types: dict[str, Any] = dict.fromkeys(_COLUMNS[:3], "string") | {"ts": "int64"}
        return pd.read_csv(path, header=None, names=_COLUMNS, dtype=types)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: not the Taobao log: {error}") from error


def _drafts(columns: dict[str, list[Any]], ids: RowIds, report: SourceReport) -> Iterator[Draft]:
    shelf = Shelf()
    for row, ts_ms, user, item, category, event in sorted_rows(columns):
        if not FIRST_MS <= ts_ms <= LAST_MS:
            report.skipped["impossible time"] += 1
            continue
        yield from shelf.first_seen(ts_ms, item, category_id=category)
        if event == "purchase":
            yield purchase(ids(row), ts_ms, user, [(item, 1, 0)], "XXX", category=category)
        else:
            yield click(ids(row), ts_ms, user, event, item, category_id=category)
