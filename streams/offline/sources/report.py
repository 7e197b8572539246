"""What a source hands over: records in time order, and a count of what it left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, NamedTuple, Self
from uuid import uuid5

import msgspec

from schemas.ids import KAIROS_NAMESPACE
from schemas.tables import SourceRecord

TIE_ORDER = ("catalog", "clicks", "purchases", "context", "profiles", "social")
"""Records of one millisecond come in this order of topics, others after them."""

_encode = msgspec.json.Encoder().encode


class SourceError(ValueError):
    """A file cannot be read as this source; the message says where."""


@dataclass(slots=True)
class SourceReport:
    """Counts: ``rows`` read from the file, rows ``skipped`` by reason, ``records`` by topic."""

    rows: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)


class Draft(NamedTuple):
    """A record before it has an offset; ``value`` is encoded as JSON unless it is bytes."""

    ts_ms: int
    topic: str
    key: bytes | None
    value: Any


class Source(Iterator[SourceRecord]):
    """Records in timestamp order, generated as they are asked for; ``report`` grows with them.

    Topics carry no prefix, the partition is 0, offsets run per topic.
    """

    def __init__(self, drafts: Iterable[Draft], report: SourceReport) -> None:
        self.report = report
        self._records = _number(drafts, report.records)

    def __iter__(self) -> Self:
        """Return itself: a source is read once."""
        return self

    def __next__(self) -> SourceRecord:
        """Return the next record."""
        return next(self._records)


def _number(drafts: Iterable[Draft], counts: Counter[str]) -> Iterator[SourceRecord]:
    """Give offsets to drafts that are sorted by time."""
    for ts_ms, moment in groupby(drafts, attrgetter("ts_ms")):
        for draft in sorted(moment, key=_tie):
            offset = counts[draft.topic]
            counts[draft.topic] += 1
            value = draft.value
            if value is not None and not isinstance(value, bytes):
                value = _encode(value)
            yield SourceRecord(draft.topic, 0, offset, ts_ms, draft.key, value)


def _tie(draft: Draft) -> int:
    return TIE_ORDER.index(draft.topic) if draft.topic in TIE_ORDER else len(TIE_ORDER)


class RowIds:
    """Ids of a file's rows: UUIDv5 of its sha256 and the row, so identical rows differ."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()

    def __call__(self, row: int, part: str = "") -> str:
        """Return the id of a row (from 0), or of one of its ``part``s."""
        name = f"{self._sha256}:{row}:{part}" if part else f"{self._sha256}:{row}"
        return str(uuid5(KAIROS_NAMESPACE, name))


def sorted_rows(columns: dict[str, list[Any]], times: str = "ts_ms") -> Iterator[tuple[Any, ...]]:
    """Yield (row number, *columns) in the order of ``times``; equal times keep the file's order."""
    order = sorted(range(len(columns[times])), key=columns[times].__getitem__)
    rows = list(zip(range(len(order)), *columns.values(), strict=True))
    return iter(itemgetter(*order)(rows) if len(order) > 1 else rows)
