"""Keep `RESULTS.md`: one section a benchmark, replaced by each run of its command."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.runs import SPREAD
from benchmarks.speed import SPEED, machine_speed, told

RESULTS = Path(__file__).parent / "RESULTS.md"
PACKAGES = ("numpy", "onnxruntime", "rocksdict", "faust-streaming", "aiokafka")


def keep(
    title: str,
    command: str,
    figures: Mapping[str, Any],
    body: Iterable[str] = (),
    path: Path = RESULTS,
) -> dict[str, Any]:
    """Write a section in place of the one with the same title, else at the end; print it, too.

    Without a body of its own a section has a row for each figure. Returns the figures for the
    command's JSON line, and with them how fast the machine is: as the runs found it, else just now.
    """
    found = dict(figures) if figures.keys() >= SPEED else {**figures, **machine_speed()}
    text = section(title, command, told(found), list(body) or rows(figures))
    print(text, file=sys.stderr, flush=True)
    old = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    path.write_text(replaced(old, title, text), encoding="utf-8")
    return found


def section(title: str, command: str, speed: str, body: Iterable[str]) -> str:
    """Return a section: its command, the machine, versions and speed, and below them the body."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = [f"## {title}", "", f"`{command}` on {machine()}; {versions}. {speed}", ""]
    return "\n".join([*head, *body, ""])


def rows(figures: Mapping[str, Any]) -> list[str]:
    """Return a table of figures; what has a spread tells it beside the median."""
    spreads = {name for name in figures if name.endswith(SPREAD)}
    named = [name for name in figures if name not in spreads]
    if not spreads:
        return table(("figure", "value"), [[name, _text(figures[name])] for name in named])
    return table(
        ("figure", "median", "least to greatest"),
        [[name, _text(figures[name]), figures.get(name + SPREAD, "")] for name in named],
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def replaced(old: str, title: str, text: str) -> str:
    """Return a page with a section in place of the one with the same title, else at its end."""
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.M | re.S)
    if pattern.search(old):
        new = pattern.sub(lambda _: text + "\n", old)
    else:
        new = f"{old.rstrip()}\n\n{text}"
    return new.rstrip() + "\n"


def machine() -> str:
    """Return processor kind, cores and Python, without naming the host."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
