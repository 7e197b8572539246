"""Where a report goes: a file of figures, a page, and the last line on stdout."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from models.evaluate.page import page
from streams.operate.console import finish

JsonOut = Annotated[Path | None, typer.Option("--json", help="Also write it there.")]
HtmlOut = Annotated[Path | None, typer.Option("--html", help="Write the report there.")]


def written(
    result: dict[str, Any],
    title: str,
    sections: Iterable[Any],
    json_out: Path | None,
    html_out: Path | None,
) -> None:
    """Write the figures and the page where they are wanted, and end with the figures."""
    if json_out:
        json_out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    if html_out:
        command = shlex.join(["kairos", *sys.argv[1:]])
        html_out.write_text(page(title, command, list(sections)), encoding="utf-8")
    finish(result)
