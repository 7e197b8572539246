"""How commands talk: facts for people to stderr, one JSON line for programs to stdout."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")

PROBLEM = 1
"""Exit code of a command that ran and found something wrong."""
CANNOT_RUN = 2
"""Exit code of a command that could not do its work."""

people = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Tell people something, as it is."""
    people.print(text, markup=False)


def finish(result: Any, ok: bool = True) -> None:
    """Print the result as the last line of stdout, one JSON object; exit with 1 unless ``ok``."""
    typer.echo(msgspec.json.encode(result).decode())
    if not ok:
        raise typer.Exit(PROBLEM)


def bars() -> Progress:
    """Return a progress display for people; it vanishes into plain text outside a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=people,
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""
    return asyncio.run(work)
