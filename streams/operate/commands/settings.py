"""`kairos settings`: every setting, its value, and where that came from."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from streams.settings import Described, describe_settings

SECRET = "secret"


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead.")] = False,
) -> None:
    """Print every setting: value, default, bounds, unit, source and one sentence."""
    rows = [_hidden(row) for row in describe_settings()]
    if as_json:
        typer.echo(msgspec.json.encode([_plain(row) for row in rows]).decode())
    else:
        typer.echo("\n".join(map(_lines, rows)))


def bounds(row: Described) -> str:
    """Return the closed bounds as people read them; "" where there are none."""
    if row.low is None and row.high is None:
        return ""
    return f"{_number(row.low)} to {_number(row.high)}"


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:,}"


def _hidden(row: Described) -> Described:
    """Keep a secret a secret: terminals are shared, output is pasted."""
    if row.name != SECRET or not row.value:
        return row
    return Described(
        row.name, "(set)", row.default, row.low, row.high, row.unit, row.source, row.sentence
    )


def _plain(row: Described) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Described.__slots__}


def _lines(row: Described) -> str:
    limits = f", {bounds(row)}" if bounds(row) else ""
    return (
        f"{row.name} = {_text(row.value)}\n"
        f"    {row.unit}{limits}; default {_text(row.default)}; from {row.source}\n"
        f"    {row.sentence}"
    )


def _text(value: Any) -> str:
    return "(none)" if value in (None, "", {}) else str(value)
