"""`make bench-growth`: one axis at a time, a plot each, a table, one JSON line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.growth.axes import AXES, Axis
from benchmarks.growth.plot import plot
from benchmarks.results import keep, table

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".kairos" / "bench-growth"
PLOTS = ROOT / "docs" / "benchmarks"
TITLE = "Growth: {}"
HEAD = ("CPU us per event, median", "least to greatest", "in terms of the first")


def main(
    rounds: Annotated[int, typer.Option(envvar="RUNS", min=1, help="Rounds of an axis.")] = 3,
    most: Annotated[int, typer.Option(envvar="USERS", min=1_000, help="Most users.")] = 5_000_000,
    only: Annotated[str, typer.Option(envvar="ONLY", help="Comma-separated axes.")] = "",
) -> None:
    """Measure what an event costs as users, history, partitions and workers grow."""
    result: dict[str, Any] = {"rounds": rounds}
    for name in only.split(",") if only else AXES:
        axis = AXES[name](HOME / name, rounds, most)
        plot(axis, PLOTS / f"growth-{name}.svg")
        found = keep(TITLE.format(name), "make bench-growth", _figures(axis), _body(axis))
        result |= {f"{name}_{figure}": value for figure, value in found.items()}
    print(json.dumps(result))


def _figures(axis: Axis) -> dict[str, Any]:
    return {
        "us_per_event": [round(cost, 1) for cost in axis.medians()],
        "growth": [round(share, 3) for share in axis.growth()],
        "flat_within": round(axis.flat_within(), 3),
    }


def _body(axis: Axis) -> list[str]:
    rows = [
        [f"{point:,}", f"{middle:.0f}", f"{min(costs):.0f} to {max(costs):.0f}", f"{share:.2f}",
         *(f"{values[i]:,.0f}" for values in axis.notes.values())]
        for i, (point, middle, costs, share) in enumerate(
            zip(axis.points, axis.medians(), axis.rounds, axis.growth(), strict=True))
    ]  # fmt: skip
    return [
        f"{axis.title}. Flat within **{axis.flat_within():.0%}** (median of the rounds' ratios).", "",
        *table((axis.unit, *HEAD, *axis.notes), rows), "",
        f"![{axis.title}](../docs/benchmarks/growth-{axis.name}.svg)",
    ]  # fmt: skip


if __name__ == "__main__":
    typer.run(main)
