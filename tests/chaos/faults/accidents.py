"""What administrators do, and a deployment survives by itself."""

from __future__ import annotations

import asyncio
import random

from chaos import topics
from chaos.faults.fault import Fault
from chaos.oracle import log
from chaos.scene import Plan, Scene

from streams.engine.skipped import Skipped
from streams.engine.snapshots import read_newest

TWO_DAYS_S = 172_800


def clock_ahead(plan: Plan, rng: random.Random) -> None:
    """The clock of every worker is two days ahead of the broker's."""
    plan.points["clock_ahead"] = TWO_DAYS_S


def signals_truncated(scene: Scene) -> None:
    """What the newest snapshot contains is deleted from `signals`, and a learner starts over."""
    scene.wait(lambda: _contained(scene), "a snapshot")
    before, topic = _contained(scene), scene.settings.topic("signals")
    there = log.read(scene.settings.broker, [topic], 1)[topic]
    scene.removed += [entry for entry in there if entry.offset < before]
    topics.cut(scene.settings, topic, before)
    _start_over(scene)


def epochs_emptied(scene: Scene) -> None:
    """Everything on `globals` is deleted: all epochs, and who it is that publishes."""
    scene.wait(lambda: _contained(scene), "an epoch")
    topics.empty(scene.settings, scene.settings.topic("globals"))
    _start_over(scene)


def _contained(scene: Scene) -> int:
    """How many offsets of `signals` the newest snapshot contains."""
    _, newest = asyncio.run(read_newest(scene.settings, Skipped(lambda *_: None)))
    return 0 if newest is None else newest.next_offset


def _start_over(scene: Scene) -> None:
    scene.fleet.kill(scene.first())
    scene.wait_progress()


FAULTS = (
    Fault("clock_ahead", clock_ahead, told=True, weight=1),
    Fault("signals_truncated", strike=signals_truncated, job="shop", weight=1),
    Fault("epochs_emptied", strike=epochs_emptied, job="shop", weight=1),
)
