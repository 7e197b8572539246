"""CI&T Deskdrop: a year of reading, with devices and places (ODbL 1.0, shipped).

VIEW, LIKE, FOLLOW and COMMENT CREATED are clicks, BOOKMARK is a purchase without a price. News
of device, country or region is a context record. Zones are not guessed from countries.
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

_CLICKS = {"VIEW": "view", "LIKE": "like", "FOLLOW": "follow", "COMMENT CREATED": "comment"}
_BOUGHT = "BOOKMARK"
_COLUMNS = ("user_id", "item_id", "session_id", "event", "device", "country", "region")
_NOT_TOLD = ("unknown", "")
_NO_COUNTRY = "ZZ"  # ISO 3166-1 user-assigned: unknown


def read_deskdrop(path: str | Path) -> Source:
    """Read the parquet file: ``ts`` (s UTC), event, item, user, session, device, place.

    Raises:
        SourceError: the file cannot be read, or has an event this log does not have.
    """
    path = Path(path)
    try:
        frame = pd.read_parquet(path, columns=["ts", *_COLUMNS])
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: not the deskdrop log: {error}") from error
    report = SourceReport(rows=len(frame))
    columns: dict[str, list[Any]] = {"ts_ms": (frame["ts"].astype("int64") * 1000).tolist()}
    for name in _COLUMNS:
        columns[name] = frame[name].astype("string").fillna("").tolist()
    return Source(_drafts(columns, RowIds(path)), report)


def _drafts(columns: dict[str, list[Any]], ids: RowIds) -> Iterator[Draft]:
    shelf, situations = Shelf(), _Situations()
    for row, ts_ms, user, item, session, event, device, country, region in sorted_rows(columns):
        yield from shelf.first_seen(ts_ms, item)
        told = _told(device, country, region)
        news = situations.news(user, told)
        if news:
            record = {"event_id": ids(row, "context"), "user_id": user, "ts": ts_ms} | news
            yield Draft(ts_ms, "context", user.encode(), record)
        if event == _BOUGHT:
            yield purchase(ids(row), ts_ms, user, [(item, 1, 0)], "XXX")
        elif event in _CLICKS:
            more = {"session_id": session}
            if "device" in told:
                more["device"] = told["device"]
            yield click(ids(row), ts_ms, user, _CLICKS[event], item, **more)
        else:
            raise SourceError(f"row {row}: this log has no such event")


def _told(device: str, country: str, region: str) -> dict[str, str]:
    told = {"device": device, "country": country, "region": region}
    told = {field: text for field, text in told.items() if text not in _NOT_TOLD}
    if told.get("country") == _NO_COUNTRY:
        del told["country"]
    return told


class _Situations:
    """Last-told fields of each user."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, str]] = {}

    def news(self, user: str, told: dict[str, str]) -> dict[str, str]:
        known = self._known.setdefault(user, {})
        news = {field: text for field, text in told.items() if known.get(field) != text}
        known.update(news)
        return news
