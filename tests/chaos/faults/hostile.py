"""Producers that send what once ended every worker (`chaos.hostile`)."""

from __future__ import annotations

import random
from collections.abc import Callable

from chaos import hostile
from chaos.faults.fault import Fault
from chaos.scene import Plan, Scene
from chaos.stream import Record

BEHIND = 200
"""Records that must be committed behind them: they take three hours of the stream, and timers are due."""
SLICE = 25
"""Users whose timers fire in one commit, in place of a thousand."""


def _sent(name: str, make: Callable[[int], list[Record]]) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        """They come between other records, and the work goes on behind them."""
        scene.wait_progress()
        scene.feed.slip_in(name, make)
        scene.wait(lambda: scene.feed.did[name], name)
        goal = scene.feed.sent + BEHIND
        scene.wait(lambda: scene.feed.done >= goal, f"what comes behind {name}")

    return strike


def _social(plan: Plan, rng: random.Random) -> None:
    plan.settings["social"] = "on"


def _any_time(plan: Plan, rng: random.Random) -> None:
    plan.takes_any_time = True


def _small_slices(plan: Plan, rng: random.Random) -> None:
    plan.points = {"small_slices": SLICE, **plan.points}  # first: it looks at the bare pipeline


def _fault(
    make: Callable[[int], list[Record]], prepare: Callable[[Plan, random.Random], None]
) -> Fault:
    name = make.__name__
    return Fault(name, prepare, _sent(name, make), job="shop", weight=1)


def _nothing(plan: Plan, rng: random.Random) -> None:
    """The stock deployment takes it."""


FAULTS = (
    _fault(hostile.odd_catalogue, _nothing),
    _fault(hostile.hexadecimal_segment, _social),
    _fault(hostile.far_timestamps, _any_time),
    _fault(hostile.large_orders, _nothing),
    _fault(hostile.large_dead_letter, _nothing),
    _fault(hostile.many_timers, _small_slices),
)
