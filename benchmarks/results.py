"""Keep `RESULTS.md`: one section a benchmark, replaced by each run of its command."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
PACKAGES = ("numpy", "onnxruntime", "rocksdict", "faust-streaming", "aiokafka")


def section(title: str, command: str, table: dict[str, float | int | str]) -> str:
    """Return a section: the command that made it, the machine, a row a figure."""
    rows = [f"| {name} | {_text(value)} |" for name, value in table.items()]
    return page(title, command, ["| figure | value |", "|---|---|", *rows])


def page(title: str, command: str, body: Iterable[str]) -> str:
    """Return a section with the lines of its body under the command, machine and versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = [f"## {title}", "", f"`{command}` on {machine()}; {versions}.", ""]
    return "\n".join([*head, *body, ""])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def refresh(title: str, text: str, path: Path = RESULTS) -> None:
    """Put a section in place of the one with the same title, else at the end."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.M | re.S)
    if pattern.search(old):
        new = pattern.sub(lambda _: text + "\n", old)
    else:
        new = f"{old.rstrip()}\n\n{text}"
    path.write_text(new.rstrip() + "\n", encoding="utf-8")


def machine() -> str:
    """Return processor kind, cores and Python, without naming the host."""
    import os

    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _text(value: float | int | str) -> str:
    return (
        f"{value:,.4g}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else value
    )
