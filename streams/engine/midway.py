"""Partitions between two slices of the timers before one record: what all share waits for the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from streams.state.store import Effects, Work

LOOK_AGAIN_S = 0.05
"""How long a change waits before it is tried again."""


class Midway:
    """Notes which partitions have fired some of the timers before a record, and not all."""

    def __init__(self) -> None:
        self._partitions: set[int] = set()

    def note(self, work: Sequence[Work], decided: Sequence[Effects]) -> None:
        """Note batches that were decided: something of the records was applied, or nothing yet."""
        for (partition, _, records), effects in zip(work, decided, strict=True):
            if records and effects.left == len(records):
                self._partitions.add(partition)
            else:
                self._partitions.discard(partition)

    def leave(self, partition: int) -> None:
        """Note that a partition's batch is given up or done: it holds up nobody."""
        self._partitions.discard(partition)

    def attempt(self, change: Callable[..., Any], *args: Any) -> bool:
        """Make a change if no partition is midway; return whether it was made.

        A later attempt does come through: every timer needs a record that set it.
        """
        if self._partitions:
            return False
        change(*args)
        return True
