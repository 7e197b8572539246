"""Event to decision: from the moment a record was due to go until its effects could be read."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil
from operator import itemgetter

Place = tuple[str, int]
"""Topic (full name) and partition."""


@dataclass(slots=True)
class Latency:
    """Notes records that went in and offsets whose effects came out; times in seconds."""

    went: list[tuple[Place, int, float]] = field(default_factory=list)
    covered: dict[Place, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))

    def sent(self, topic: str, partition: int, offset: int, at_s: float) -> None:
        """Note that a record went in."""
        self.went.append(((topic, partition), offset, at_s))

    def seen(self, partition: int, next_offsets: dict[str, int], at_s: float) -> None:
        """Note that the effects of everything before these offsets could be read."""
        for topic, offset in next_offsets.items():
            known = self.covered[topic, partition]
            if not known or offset > known[-1][0]:
                known.append((offset, at_s))

    def milliseconds(self) -> list[float]:
        """Return the latency of each record whose effects came out, in the order they went in."""
        found = []
        for place, offset, at_s in self.went:
            commits = self.covered.get(place, [])
            first = bisect_right(commits, offset, key=itemgetter(0))
            if first < len(commits):
                found.append((commits[first][1] - at_s) * 1000)
        return found


def percentile(values: list[float], share: float) -> float | None:
    """Return the smallest value that at least ``share`` of the values do not exceed; None: none."""
    if not values:
        return None
    return sorted(values)[max(ceil(share * len(values)) - 1, 0)]
