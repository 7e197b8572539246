"""A round in progress: what a fault can see and touch."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from chaos.cluster import Cluster
from chaos.feed import Feed, Manner
from chaos.fleet import Fleet, FleetError, Member
from chaos.oracle.log import Entry, committed
from chaos.trio import Trio

from streams.settings import Settings

POLL_S = 0.4
PATIENCE_S = 240.0
"""Longest wait for anything; only a fault of ours ever takes so long."""
STIR_S, STIRS = 20.0, 6
"""So long a planted fault is waited for before the group is stirred, and how often it is."""


@dataclass(slots=True)
class Plan:
    """What is settled before a round starts. ``points``: armed in every worker;
    ``first_points``: in the first worker until they went off; ``compacted``: whether the input
    begins with topics that were compacted; ``static``: whether workers are static members, whose
    quick restart moves nothing; ``brief``: shorter waits, for the short form; ``settings``: of the
    deployment; ``takes_any_time``: the broker refuses no timestamp, as before Kafka 3.6.
    """

    job: str = "shop"
    partitions: int = 4
    points: dict[str, Any] = field(default_factory=dict)
    first_points: dict[str, Any] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    compacted: bool = False
    static: bool = False
    brief: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    takes_any_time: bool = False


@dataclass(slots=True)
class Scene:
    """The running parts of a round. ``happened`` counts the faults that really took place."""

    plan: Plan
    rng: random.Random
    cluster: Cluster | Trio
    settings: Settings
    folder: Path
    fleet: Fleet
    feed: Feed
    happened: Counter[str] = field(default_factory=Counter)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    """What the group had committed at the last look."""
    removed: list[Entry] = field(default_factory=list)
    """Signals that were deleted, and count all the same."""

    def first(self) -> Member:
        """The worker that a round starts with."""
        return self.fleet.members["a"]

    def look(self) -> None:
        """Ask how far the group has come; a broker that does not answer tells nothing new."""
        try:
            found = committed(self.settings.broker, self.settings.app_id)
        except (KafkaError, OSError):
            return
        self.ends = found
        self.feed.done = max(
            self.feed.done, sum(found.get(place, 0) for place in self.feed.places())
        )

    def is_settled(self) -> bool:
        """Whether everything that was sent is committed, as of the last look."""
        return all(self.ends.get(place, 0) >= end for place, end in self.feed.ends.items())

    def wait(self, condition: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait for a condition; workers that end meanwhile are restarted."""
        if not self._is_met(condition, timeout_s):
            raise FleetError(f"waited {timeout_s:.0f} s for {what}\n{self.fleet.tails()}")

    def _is_met(self, condition: Callable[[], Any], timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        self.look()
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
            self.fleet.tend()
            self.look()
        return True

    def told(self) -> Counter[str]:
        """How often each fault took place that workers or producers tell of."""
        return self.fleet.fired() + self.feed.did

    def bring_about(self, name: str) -> None:
        """Wait until a fault was told of; while it is not, have the partitions dealt again.

        A worker with a planted point that dies of another fault first may come back to a group
        at rest, or to one whose others hold all partitions: the point would never be reached.
        """
        for _ in range(STIRS):
            if self._is_met(lambda: self.told()[name], STIR_S):
                return
            with self.fleet.stirred(name):
                if self._is_met(lambda: self.told()[name], STIR_S):
                    return
        raise FleetError(f"{name} does not come about\n{self.fleet.tails()}")

    def wait_progress(self, records: int = 60) -> None:
        """Wait until so many more records are committed."""
        self.look()
        goal = self.feed.done + records
        self.wait(lambda: self.feed.done >= goal, f"{records} more records")

    def pause(self, seconds: float) -> None:
        """Let time pass; workers that end meanwhile are restarted."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(min(POLL_S, seconds))
            self.fleet.tend()
