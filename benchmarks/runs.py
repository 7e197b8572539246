"""A measurement is run three times: medians, spreads, and the machine's speed beside them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.speed import machine_speed

RUNS = 3
SPREAD = "_spread"
"""Ends the name of a figure that tells least and greatest of the figure before it."""


def repeated(run: Callable[[int], Mapping[str, float]], times: int = RUNS) -> dict[str, Any]:
    """Medians and spreads of a measurement's runs; after each the machine's speed is taken."""
    return medians([{**run(number), **machine_speed()} for number in range(times)])


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The median of each figure over the runs; where they differ its spread, as text, follows."""
    found: dict[str, Any] = {}
    for name in runs[0]:
        values = [run[name] for run in runs]
        found[name] = middle(values)
        if min(values) < max(values):
            found[name + SPREAD] = spread(values)
    return found


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """Least to greatest, as text."""
    return f"{min(values):,.4g} to {max(values):,.4g}"
