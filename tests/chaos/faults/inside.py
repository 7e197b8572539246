"""What goes wrong inside a worker, and between it and its coordinator."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from chaos.faults.fault import Fault
from chaos.scene import Plan, Scene


def _armed(point: str, value: Callable[[random.Random], Any]) -> Callable[..., None]:
    def prepare(plan: Plan, rng: random.Random) -> None:
        plan.points[point] = value(rng)

    return prepare


def restart_into(scene: Scene) -> None:
    """Recover under the armed point: the first worker dies, one with an empty disk joins."""
    scene.wait_progress()
    scene.fleet.kill(scene.first())
    scene.fleet.wait_ready(scene.fleet.start("late"))
    scene.wait_progress(50)


def cancel_batch(plan: Plan, rng: random.Random) -> None:
    """Once: a worker that is cancelled in mid-transaction ends."""
    plan.first_points["cancelled_batch"] = rng.randint(3, 20)


def fencing(scene: Scene) -> None:
    """Somebody else starts producers with the ids of live ones: these are fenced in mid-batch.

    A rebalance just then would start them anew, and they would never hear of it: so until one has.
    """
    for _ in range(2):
        scene.wait_progress(30)
        scene.pause(scene.rng.uniform(0, 0.3))
        before = scene.told()["fencing"]
        while scene.told()["fencing"] == before:
            asyncio.run(_fence(scene))
            scene.wait_progress(30)


async def _fence(scene: Scene) -> None:
    for partition in range(scene.plan.partitions):
        producer = AIOKafkaProducer(
            bootstrap_servers=scene.settings.broker,
            transactional_id=f"{scene.settings.app_id}-{partition}",
        )
        await producer.start()
        await producer.stop()


FAULTS = (
    Fault("delayed_seek", _armed("delayed_seek", lambda rng: 0.3), restart_into, True),
    Fault("drops", _armed("drops", lambda rng: rng.choice((0.1, 0.3))), restart_into, True),
    Fault("slow_disk", _armed("slow_disk", lambda rng: rng.choice((0.02, 0.2))), told=True),
    Fault("aborts", _armed("aborts", lambda rng: 0.1), told=True),
    Fault("cancelled_agent", _armed("cancelled_agent", lambda rng: 0.1), told=True),
    Fault("cancelled_batch", cancel_batch, told=True),
    Fault("fencing", _armed("fencing", lambda rng: True), fencing, told=True),
)
