"""The article's two files: ``user_id,timestamp,views,purchases`` and
``user_id,timestamp,mobile_usage,location``.

``views`` are that many view clicks, ``purchases`` that many orders of an unnamed item (a row
with neither is a context record that tells nothing: its user exists),
``mobile_usage`` are minutes in the app on a phone, ``location`` is the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from schemas.zones import zones
from streams.offline.sources.report import Draft, RowIds, Source, SourceError, SourceReport
from streams.offline.sources.shop import click, purchase

UNNAMED_ITEM = "unnamed"
"""The item of an order in a file that counts orders but names none."""
_MOST_A_ROW = 10_000
_BEHAVIOUR = ("views", "purchases")
_CONTEXT = ("mobile_usage", "location")
_HAS_ZONE = r"(?:[Zz]|[+-]\d\d:?\d\d)$"


def read_article(
    behavior: str | Path, context: str | Path | None = None, timezone: str = "UTC"
) -> Source:
    """Read both files; without ``context`` it is ``context.csv`` beside the first, if there is one.

    ``timezone`` holds for timestamps that carry none: an hour that happens twice is its first
    run, an hour that is left out moves forward. A directory means ``behavior.csv`` in it.

    Raises:
        SourceError: a file or a cell cannot be read.
    """
    if timezone not in zones():
        raise SourceError(f"timezone: {timezone!r} is not a zone of the IANA database")
    behavior = Path(behavior)
    if behavior.is_dir():
        behavior = behavior / "behavior.csv"
    if context is None and (beside := behavior.with_name("context.csv")).exists():
        context = beside
    frame = _frame(behavior, _BEHAVIOUR, timezone)
    report = SourceReport(rows=len(frame))
    drafts = list(_behaviour(frame, RowIds(behavior)))
    if context is not None:
        context = Path(context)
        frame = _frame(context, _CONTEXT, timezone)
        report.rows += len(frame)
        drafts += _context(frame, RowIds(context))
    return Source(sorted(drafts, key=lambda draft: draft.ts_ms), report)


def _behaviour(frame: pd.DataFrame, ids: RowIds) -> Iterator[Draft]:
    for row, (user, ts_ms, views, purchases) in enumerate(_rows(frame, _BEHAVIOUR)):
        viewed, bought = _count(views, "views", row), _count(purchases, "purchases", row)
        for i in range(viewed):
            yield click(ids(row, f"view {i}"), ts_ms, user, "view", None)
        for i in range(bought):
            yield purchase(ids(row, f"purchase {i}"), ts_ms, user, [(UNNAMED_ITEM, 1, 0)], "XXX")
        if not viewed and not bought:  # the user did nothing, but is there and wants a score
            yield Draft(ts_ms, "context", user.encode(), _record(ids(row), user, ts_ms))


def _context(frame: pd.DataFrame, ids: RowIds) -> Iterator[Draft]:
    for row, (user, ts_ms, minutes, place) in enumerate(_rows(frame, _CONTEXT)):
        told: dict[str, Any] = {}
        if minutes:
            told = {"device": "mobile", "app_minutes": _number(minutes, "mobile_usage", row)}
        if place:
            told["place"] = place
        yield Draft(ts_ms, "context", user.encode(), _record(ids(row), user, ts_ms) | told)


def _record(event_id: str, user: str, ts_ms: int) -> dict[str, Any]:
    return {"event_id": event_id, "user_id": user, "ts": ts_ms}


def _frame(path: Path, columns: tuple[str, str], timezone: str) -> pd.DataFrame:
    """Return the file as text columns, ``ts_ms`` added."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error
    missing = [name for name in ("user_id", "timestamp", *columns) if name not in frame]
    if missing:
        raise SourceError(f"{path}: there is no column {', '.join(missing)}")
    frame["ts_ms"] = _times(frame["timestamp"].str.strip(), timezone, path)
    return frame


def _times(texts: pd.Series[str], timezone: str, path: Path) -> Any:
    numbers = texts.str.fullmatch(r"[+-]?[0-9]*\.?[0-9]*")
    if numbers.any():
        line = int(numbers.to_numpy().argmax()) + 2
        raise SourceError(f"{path}, line {line}: timestamp is no date: seconds, or milliseconds?")
    zoned = texts.str.contains(_HAS_ZONE, regex=True).to_numpy(bool)
    times = np.zeros(len(texts), np.int64)
    try:
        times[zoned] = _ms(pd.to_datetime(texts[zoned], format="ISO8601", utc=True))
        local = pd.to_datetime(texts[~zoned], format="ISO8601")
        first = np.ones(len(local), bool)
        placed = local.dt.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
        times[~zoned] = _ms(placed.dt.tz_convert("UTC"))
    except (ValueError, AttributeError) as error:
        raise SourceError(f"{path}: timestamp: {error}") from error
    return times


def _ms(times: Any) -> Any:
    return times.dt.as_unit("ms").astype("int64").to_numpy()


def _rows(frame: pd.DataFrame, columns: tuple[str, str]) -> Iterator[tuple[Any, ...]]:
    chosen = (frame[name].tolist() for name in ("user_id", "ts_ms", *columns))
    return zip(*chosen, strict=True)


def _count(text: str, column: str, row: int) -> int:
    number = _number(text, column, row) if text else 0.0
    if number != int(number) or number > _MOST_A_ROW:
        raise SourceError(f"line {row + 2}: {column} must be whole and at most {_MOST_A_ROW}")
    return int(number)


def _number(text: str, column: str, row: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise SourceError(f"line {row + 2}: {column} must be a number, and not negative")
    return number
