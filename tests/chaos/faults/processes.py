"""Workers that die, are told to stop, or sleep."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from chaos.faults.fault import Fault
from chaos.scene import Plan, Scene


def kill_anywhere(scene: Scene) -> None:
    """Signal 9 at a random instant, twice; the second perhaps while it comes up again."""
    scene.wait_progress()
    for longest_s in (0.5, 6.0):
        scene.pause(scene.rng.uniform(0, longest_s))
        scene.fleet.kill(scene.first())


def terminate(scene: Scene) -> None:
    """SIGTERM in the middle of work; it stops in order, and comes back."""
    scene.wait_progress()
    member = scene.first()
    scene.fleet.stop(member)
    scene.fleet.restart(member)


def zombie(scene: Scene) -> None:
    """Stopped past the session timeout; wakes up when another has its partitions."""
    scene.wait_progress()
    sleeper, past_s = scene.first(), time.monotonic() + scene.settings.session_timeout_ms / 1000
    scene.fleet.signal(sleeper, signal.SIGSTOP)
    try:
        scene.fleet.wait_ready(scene.fleet.start("heir"))
        scene.wait_progress()
        scene.pause(past_s - time.monotonic())
    finally:
        scene.fleet.signal(sleeper, signal.SIGCONT)
    scene.pause(scene.rng.uniform(1, 3))


def _die_in(point: str, latest: int) -> Callable[[Plan, random.Random], None]:
    def prepare(plan: Plan, rng: random.Random) -> None:
        plan.first_points[point] = rng.randint(1, latest)

    return prepare


def _die_in_abort(plan: Plan, rng: random.Random) -> None:
    plan.first_points["kill_in_abort"] = rng.randint(1, 3)
    plan.points["aborts"] = 0.1


def kill_in_recovery(scene: Scene) -> None:
    """A worker with an empty disk dies while it reads the changelog; others work on."""
    scene.wait_progress()
    scene.fleet.start("empty", kill_in_recovery=scene.rng.randint(1, 3))
    scene.fleet.kill(scene.first())


def kill_in_rebalance(scene: Scene) -> None:
    """Another one joins, and the first dies while the partitions are dealt."""
    scene.wait_progress()
    first = scene.first()
    scene.fleet.kill(first)
    scene.fleet.restart(first, kill_in_rebalance=2)
    scene.fleet.wait_ready(first)
    scene.fleet.start("guest")


FAULTS = (
    Fault("kill_anywhere", strike=kill_anywhere, weight=4),
    Fault("terminate", strike=terminate),
    Fault("zombie", strike=zombie),
    Fault("kill_in_processing", _die_in("kill_in_processing", 20), told=True),
    Fault("kill_in_opening", _die_in("kill_in_opening", 20), told=True),
    Fault("kill_in_commit", _die_in("kill_in_commit", 20), told=True, weight=4),
    Fault("kill_after_commit", _die_in("kill_after_commit", 20), told=True),
    Fault("kill_in_write", _die_in("kill_in_write", 20), told=True, weight=4),
    Fault("kill_in_abort", _die_in_abort, told=True),
    Fault("kill_in_recovery", strike=kill_in_recovery, told=True),
    Fault("kill_in_rebalance", strike=kill_in_rebalance, told=True),
)
