"""The axes: each gives, round by round, CPU microseconds per event at each of its points."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.growth.partition import Partition
from benchmarks.growth.seed import template
from benchmarks.growth.workers import drained
from benchmarks.job.stand import Stand, say
from streams.settings import load_settings

WARM_UP, EVENTS = 20_000, 8_000
HISTORY_DAYS, HISTORY_USERS = (0, 1, 2, 4, 8, 16, 31), 20_000
MOST_USERS = (10_000, 100_000, 1_000_000, 5_000_000)


@dataclass(frozen=True, slots=True)
class Axis:
    """``rounds``: for each point (in order) one cost a round; ``notes``: figures beside it."""

    name: str
    title: str
    unit: str
    points: list[int]
    rounds: list[list[float]]
    notes: dict[str, list[float]] = field(default_factory=dict)

    def medians(self) -> list[float]:
        """Microseconds of CPU per event at each point."""
        return [statistics.median(costs) for costs in self.rounds]

    def growth(self) -> list[float]:
        """Cost of each point in terms of the first, as the median over the rounds."""
        first = self.rounds[0]
        return [
            statistics.median(cost / base for cost, base in zip(costs, first, strict=True))
            for costs in self.rounds
        ]

    def flat_within(self) -> float:
        """How far the dearest point is above the cheapest, as a share."""
        return max(self.growth()) / min(self.growth()) - 1


def users(folder: Path, rounds: int, most: int) -> Axis:
    """More users behind the same traffic."""
    points = [(n, 1) for n in MOST_USERS if n <= most]
    rows, sizes = _in_process(folder, points, rounds)
    return Axis("users", "Users in a partition, same traffic", "users",
                [n for n, _ in points], rows, {"row_bytes": sizes})  # fmt: skip


def history(folder: Path, rounds: int, most: int) -> Axis:
    """Longer histories behind the same traffic."""
    points = [(min(HISTORY_USERS, most), days) for days in HISTORY_DAYS]
    rows, sizes = _in_process(folder, points, rounds)
    return Axis("history", "Days of history per user (20 events a day), same traffic", "days",
                list(HISTORY_DAYS), rows, {"row_bytes": sizes})  # fmt: skip


def _in_process(
    folder: Path, points: list[tuple[int, int]], rounds: int
) -> tuple[list[list[float]], list[float]]:
    """Seed a partition a point, then time them in turn, so that a busy machine hits all alike."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings({}, secret="bench", consent_default="granted", partitions=1)
    made, events = template(settings), WARM_UP + rounds * EVENTS
    try:
        partitions = []
        for n, days in points:
            say(f"seeding {n:,} users with {days} days of history")
            partitions.append(Partition(made, folder / f"{n}-{days}", n, days, events))
        for each in partitions:
            each.advance(WARM_UP)
        costs = [[each.advance(EVENTS)[0] for each in partitions] for _ in range(rounds)]
        for row in costs:
            say("us per event: " + ", ".join(f"{cost:.0f}" for cost in row))
        return [list(column) for column in zip(*costs, strict=True)], [
            each.row_bytes for each in partitions
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def partitions(folder: Path, rounds: int, most: int) -> Axis:
    """The same events on more partitions, one worker."""
    points = [1, 4, 16, 64]
    with Stand(folder) as stand:
        runs = [[drained(stand, n, 1) for n in points] for _ in range(rounds)]
    return Axis("partitions", "Partitions, one worker", "partitions", points,
                [[run[i].cpu_us for run in runs] for i in range(len(points))],
                {"records_per_batch": [runs[0][i].batch for i in range(len(points))]})  # fmt: skip


def workers(folder: Path, rounds: int, most: int) -> Axis:
    """The same events and partitions, more workers."""
    points = [1, 2]
    with Stand(folder) as stand:
        runs = [[drained(stand, 4, n) for n in points] for _ in range(rounds)]
    return Axis("workers", "Workers, four partitions", "workers", points,
                [[run[i].cpu_us for run in runs] for i in range(len(points))],
                {"records_per_batch": [runs[0][i].batch for i in range(len(points))]})  # fmt: skip


AXES: dict[str, Callable[[Path, int, int], Axis]] = {
    "users": users, "history": history, "partitions": partitions, "workers": workers,
}  # fmt: skip
