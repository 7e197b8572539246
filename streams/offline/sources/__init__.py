"""Logs of the world as Kafka records: each adapter reads one kind of file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streams.offline.sources.article_csv import read_article
from streams.offline.sources.deskdrop import read_deskdrop
from streams.offline.sources.online_retail import read_online_retail
from streams.offline.sources.raw import read_raw
from streams.offline.sources.report import Source, SourceError, SourceReport
from streams.offline.sources.taobao import read_taobao

SOURCES: dict[str, Callable[..., Source]] = {
    "deskdrop": read_deskdrop,
    "online-retail": read_online_retail,
    "taobao": read_taobao,
    "raw": read_raw,
    "article": read_article,
}
"""Name on the command line -> reader of a path."""


def open_source(name: str, path: str | Path, *, timezone: str = "UTC") -> Source:
    """Open a log by the name of its kind; ``timezone`` is for kinds whose times carry none.

    Raises:
        SourceError: there is no such kind, or the file is not of it.
    """
    reader = SOURCES.get(name)
    if reader is None:
        raise SourceError(f"source: {name!r} is none of {', '.join(SOURCES)}")
    if not Path(path).exists():
        raise SourceError(f"{path}: there is no such file")
    return reader(path, timezone=timezone) if reader is read_article else reader(path)


__all__ = [
    "SOURCES",
    "Source",
    "SourceError",
    "SourceReport",
    "open_source",
    "read_article",
    "read_deskdrop",
    "read_online_retail",
    "read_raw",
    "read_taobao",
]
