"""Workers that come and go."""

from __future__ import annotations

import random

from chaos.faults.fault import Fault
from chaos.scene import Plan, Scene

REFUSAL = b"is in use by another worker"


def join_and_leave(scene: Scene) -> None:
    """A second and a third worker join; one leaves in order, one dies for good."""
    scene.wait_progress()
    guests = [scene.fleet.start("guest-1")]
    scene.pause(scene.rng.uniform(0, 4))
    guests.append(scene.fleet.start("guest-2"))
    for guest in guests:
        scene.fleet.wait_ready(guest)
    scene.wait_progress(50)
    scene.fleet.stop(guests.pop(scene.rng.randrange(2)))
    guests[0].stopped = True
    scene.fleet.kill(guests[0])


def _one_partition(plan: Plan, rng: random.Random) -> None:
    plan.partitions = rng.choice((1, 2))


def crowd(scene: Scene) -> None:
    """More workers than partitions; then one that may have work dies."""
    scene.wait_progress(50)
    names = [f"spare-{number}" for number in range(scene.plan.partitions)]
    for member in [scene.fleet.start(name) for name in names]:
        scene.fleet.wait_ready(member)
    scene.wait(lambda: scene.fleet.count_up() > scene.plan.partitions, "a crowd")
    scene.pause(1)
    scene.fleet.kill(scene.first())
    scene.wait_progress(50)


def shared_home(scene: Scene) -> None:
    """Of two workers on one data directory one refuses, and does no harm.

    That is the second, unless the first died of the round's other fault just then: its place is
    free, the second has it, and the first refuses when it comes back.
    """
    scene.wait_progress(50)
    twin = scene.fleet.start("twin", home=scene.first().home.name)
    twin.stopped = True  # no supervisor
    logs = [scene.fleet.log(member.name) for member in (scene.first(), twin)]
    scene.wait(lambda: any(REFUSAL in log.read_bytes() for log in logs), "one of two to refuse")
    if twin.is_up():
        scene.fleet.stop(twin)
    scene.wait_progress(20)


FAULTS = (
    Fault("join_and_leave", strike=join_and_leave),
    Fault("crowd", _one_partition, crowd),
    Fault("shared_home", strike=shared_home),
)
