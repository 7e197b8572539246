"""Counts and parts of an epoch that raise are left out and named; the learner goes on.

What is left out depends on the rows alone, so a learner that starts over leaves out the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from numpy.typing import NDArray

from streams.shared.blame import blamed

T = TypeVar("T")


class Contained:
    """Runs a piece of work; remembers what was left out until somebody takes it."""

    def __init__(self) -> None:
        self._left_out: Counter[str] = Counter()

    def count(self, name: str, work: Callable[[NDArray[Any]], None], rows: NDArray[Any]) -> None:
        """Do ``work`` on the rows; when it raises, on halves, until the rows that do it are found.

        Counts work out what they add before they add it, so a half that raised has added nothing.
        """
        if not len(rows):
            return
        try:
            work(rows)
        except BaseException as error:  # a panic of Rust code is no Exception
            told = blamed(error)
            if len(rows) == 1:
                self._left_out[f"not counted in {name}: {told}"] += 1
                return
            half = len(rows) // 2
            self.count(name, work, rows[:half])
            self.count(name, work, rows[half:])

    def part(self, name: str, work: Callable[[], T], default: T) -> T:
        """Return what ``work`` returns, the ``default`` when it raises."""
        try:
            return work()
        except BaseException as error:
            self._left_out[f"no {name} in the epoch: {blamed(error)}"] += 1
            return default

    def take(self) -> list[str]:
        """Return and forget what was left out, a sentence a kind with how often."""
        told = [f"{reason} ({n} times)" for reason, n in sorted(self._left_out.items())]
        self._left_out.clear()
        return told
