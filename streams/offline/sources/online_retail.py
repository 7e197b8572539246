"""UCI Online Retail (id 352, CC BY 4.0): invoices with prices in GBP, and returns.

Lines of one customer, minute and sign are one order. Lines of guests and lines without a price
are skipped and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from streams.offline.sources.report import Draft, RowIds, Source, SourceError, SourceReport
from streams.offline.sources.shop import Shelf, purchase

_COLUMNS = ["ts", "user_id", "item_id", "description", "quantity", "unit_price_gbp"]


def read_online_retail(path: str | Path) -> Source:
    """Read the parquet file: ``ts`` (s of the invoice's minute), user, item, quantity, price.

    Raises:
        SourceError: the file cannot be read.
    """
    path = Path(path)
    try:
        frame = pd.read_parquet(path, columns=_COLUMNS)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: not the online retail log: {error}") from error
    report = SourceReport(rows=len(frame))
    kept = _without_unusable(frame, report)
    return Source(_drafts(_lines(kept), RowIds(path)), report)


def _without_unusable(frame: pd.DataFrame, report: SourceReport) -> pd.DataFrame:
    """Leave out and count guests first, then lines without a price, then lines of 0 pieces."""
    guest = frame["user_id"].isna()
    free = ~guest & (frame["unit_price_gbp"] <= 0)
    nothing = ~guest & ~free & (frame["quantity"] == 0)
    for reason, rows in (("guest", guest), ("no price", free), ("no quantity", nothing)):
        if rows.any():
            report.skipped[reason] = int(rows.sum())
    return frame[~(guest | free | nothing)]


def _lines(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return (ts_ms, user, returned, row, item, quantity, price_minor, title) by order."""
    pence = np.rint(frame["unit_price_gbp"].to_numpy(np.float64) * 100).astype(np.int64)
    columns = (
        (frame["ts"].astype("int64") * 1000).tolist(),
        frame["user_id"].astype("int64").astype("string").tolist(),
        (frame["quantity"] < 0).tolist(),
        frame.index.tolist(),
        frame["item_id"].astype("string").tolist(),
        frame["quantity"].abs().tolist(),
        pence.tolist(),
        frame["description"].astype("string").fillna("").tolist(),
    )
    return sorted(zip(*columns, strict=True), key=_ORDER_OF)


_ORDER_OF = itemgetter(0, 1, 2)


def _drafts(lines: list[tuple[Any, ...]], ids: RowIds) -> Iterator[Draft]:
    shelf = Shelf()
    for (ts_ms, user, returned), group in groupby(lines, _ORDER_OF):
        order = []
        first = -1
        for _, _, _, row, item, quantity, price, title in group:
            first = row if first < 0 else first
            told = {"title": title} if title else {}
            yield from shelf.first_seen(ts_ms, item, price_minor=price, currency="GBP", **told)
            order.append((item, quantity, price))
        status = "returned" if returned else "placed"
        yield purchase(ids(first), ts_ms, user, order, "GBP", status)
