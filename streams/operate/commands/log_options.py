"""Options that several commands share: which log, which file, which zone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from streams.offline.sources import SOURCES, Source, open_source
from streams.operate.console import say

SHIPPED = {"deskdrop": Path("examples/data/deskdrop.parquet")}
"""Logs that come with the project, by the name of their kind."""
_FILES = {"taobao": "taobao_users.parquet", "online-retail": "online_retail.parquet"}

SourceName = Annotated[str, typer.Option("--source", help=f"Kind of log: {', '.join(SOURCES)}.")]
DataPath = Annotated[Path | None, typer.Option("--data", help="The log's file.")]
ZoneName = Annotated[str, typer.Option("--timezone", help="Zone of times that carry none.")]


def open_log(source: str, data: Path | None, timezone: str = "UTC") -> Source:
    """Open the log that the options name; without ``data`` the shipped or shared file.

    Raises:
        SourceError: there is no such kind or file.
    """
    folder = Path(os.environ.get("KAIROS_DATA", "../shared/data"))
    path = data or SHIPPED.get(source) or folder / _FILES.get(source, source)
    return open_source(source, path, timezone=timezone)


def tell_skipped(log: Source) -> None:
    """Say what the adapter left out, if anything."""
    for reason, count in sorted(log.report.skipped.items()):
        say(f"{count:,} lines skipped: {reason}")
