"""`kairos evaluate items`: how good the choice of items is, on any log, all items ranked."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from models.evaluate.page import page
from streams.commands.console import finish, say

if TYPE_CHECKING:
    from models.evaluate.items.task import Task

KINDS = ("sequences", "sessions")


def items(
    source: Annotated[str, typer.Option("--source", help=f"Kind of log: {', '.join(KINDS)}.")],
    data: Annotated[Path, typer.Option("--data", help="The log's file.")],
    attributes: Annotated[
        Path | None, typer.Option("--attributes", help="(item_id, attributes: list of words).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same log and seed, same report.")] = 0,
    json_out: Annotated[Path | None, typer.Option("--json", help="Also write it there.")] = None,
    html_out: Annotated[Path | None, typer.Option("--html", help="Write the report there.")] = None,
) -> None:
    """Choose weights on the validation part of a log, then rank all items for the test part.

    Needs the `train` extra.
    """
    from models.evaluate.items.contest import run
    from models.evaluate.items.report import numbers, sections

    result: dict[str, Any] = {}
    chapters = []
    for task in _tasks(source, data, attributes, seed):
        outcome = run(task, seed, say)
        told = numbers(outcome, seed)
        result = result or dict(told)
        result.setdefault("tasks", {})[task.name] = told
        chapters += sections(outcome, told)
    if json_out:
        json_out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    if html_out:
        command = shlex.join(["kairos", *sys.argv[1:]])
        html_out.write_text(page(f"Items: {source}", command, chapters), encoding="utf-8")
    finish(result)


def _tasks(source: str, data: Path, attributes: Path | None, seed: int) -> list[Task]:
    from models.evaluate.items.read import read_sequences, read_sessions

    readers: dict[str, Callable[..., Task]] = {
        "sequences": read_sequences,
        "sessions": read_sessions,
    }
    if source not in readers:
        raise typer.BadParameter(f"--source must be one of {', '.join(KINDS)}, not {source!r}")
    return [readers[source](data, attributes, seed)]
