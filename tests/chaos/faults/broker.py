"""What goes wrong with the broker and on the way to it."""

from __future__ import annotations

from chaos.faults.fault import Fault
from chaos.scene import Scene

PAUSE_S, BRIEF_PAUSE_S = 30.0, 8.0


def restart(scene: Scene) -> None:
    """The broker stops in order and comes back."""
    scene.wait_progress()
    scene.cluster.restart()
    scene.wait_progress(20)


def crash(scene: Scene) -> None:
    """The broker is killed and comes back."""
    scene.wait_progress()
    with scene.cluster.down():
        scene.pause(scene.rng.uniform(0, 2))
    scene.wait_progress(20)


def stop_meanwhile(scene: Scene) -> None:
    """While the broker is away a worker is told to stop; it does."""
    scene.wait_progress()
    member = scene.first()
    with scene.cluster.down():
        scene.fleet.stop(member)
    scene.fleet.restart(member)
    scene.wait_progress(20)


def pause(scene: Scene) -> None:
    """The broker is frozen for half a minute; nobody hears of it."""
    scene.wait_progress()
    scene.cluster.pause(BRIEF_PAUSE_S if scene.plan.brief else PAUSE_S)
    scene.wait_progress(20)


def cut(scene: Scene) -> None:
    """All connections between workers and broker are cut at once, some times."""
    for _ in range(3):
        scene.wait_progress(30)
        scene.pause(scene.rng.uniform(0, 0.5))
        dropped = scene.cluster.proxy.cut(scene.rng.choice((0, 0, 0.5, 2)))
        scene.happened["connections cut"] += dropped
    assert scene.happened["connections cut"], "there was none"
    scene.wait_progress(20)


def stall(scene: Scene) -> None:
    """For a while nothing gets through, then all of it at once; longer than a session."""
    scene.wait_progress()
    with scene.cluster.proxy.stalled():
        scene.pause(scene.rng.choice((1, 5, 8)))
    scene.wait_progress(20)


FAULTS = (
    Fault("broker_restart", strike=restart),
    Fault("broker_crash", strike=crash),
    Fault("stop_meanwhile", strike=stop_meanwhile, weight=1),
    Fault("broker_pause", strike=pause, weight=1),
    Fault("connection_cut", strike=cut),
    Fault("network_stall", strike=stall),
)
