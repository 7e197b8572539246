"""What goes wrong with the nodes of a cluster of three, while the other two work on."""

from __future__ import annotations

from collections.abc import Callable

from chaos.faults.fault import Fault
from chaos.scene import Scene
from chaos.trio import GROUP, NUMBERS, TRANSACTION, Trio

from streams.engine.topics import CHANGELOG

FREEZES_S, BRIEF_FREEZE_S = (20.0, 100.0), 12.0
Role = Callable[[Scene], int]
"""Returns the node that has a part in a deployment just now."""


def leader(scene: Scene) -> int:
    """The node that leads the first partition of the changelog."""
    return _trio(scene).leader(f"{scene.settings.app_id}-{CHANGELOG}", 0)


def transactions(scene: Scene) -> int:
    """The node that coordinates the transactions of the first partition."""
    return _trio(scene).coordinator(TRANSACTION, f"{scene.settings.app_id}-0")


def group(scene: Scene) -> int:
    """The node that coordinates the group of the workers."""
    return _trio(scene).coordinator(GROUP, scene.settings.app_id)


ROLES: dict[str, Role] = {
    "leader": leader,
    "transaction_coordinator": transactions,
    "group_coordinator": group,
}


def _killed(role: Role) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        """It is killed; work goes on before it is back, and when it is."""
        scene.wait_progress()
        with _trio(scene).down(role(scene)):
            scene.wait_progress(40)
        scene.wait_progress(20)

    return strike


def _stopped(role: Role) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        """It stops in order; work goes on before it is back, and when it is."""
        scene.wait_progress()
        with _trio(scene).away(role(scene)):
            scene.wait_progress(40)
        scene.wait_progress(20)

    return strike


def _frozen(for_s: float) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        """One that has a part is frozen, longer than its session, and wakes up replaced."""
        scene.wait_progress()
        role = scene.rng.choice(list(ROLES.values()))
        with _trio(scene).frozen(role(scene)):
            scene.pause(BRIEF_FREEZE_S if scene.plan.brief else for_s)
        scene.wait_progress(20)

    return strike


def two_down(scene: Scene) -> None:
    """Two of three are killed at once: nothing can be acknowledged until one is back."""
    scene.wait_progress()
    with _trio(scene).down(*scene.rng.sample(NUMBERS, 2)):
        scene.pause(scene.rng.uniform(2, 15))
    scene.wait_progress(20)


def with_worker(scene: Scene) -> None:
    """The leader and the worker die in the same moment."""
    scene.wait_progress()
    number = leader(scene)
    scene.fleet.kill(scene.first())
    with _trio(scene).down(number):
        scene.wait_progress(20)
    scene.wait_progress(20)


def _trio(scene: Scene) -> Trio:
    assert isinstance(scene.cluster, Trio), "a fault of three brokers"
    return scene.cluster


FAULTS = (
    *(Fault(f"kill_{name}", strike=_killed(role)) for name, role in ROLES.items()),
    *(Fault(f"terminate_{name}", strike=_stopped(role)) for name, role in ROLES.items()),
    *(Fault(f"freeze_{for_s:.0f}_s", strike=_frozen(for_s), weight=1) for for_s in FREEZES_S),
    Fault("two_down", strike=two_down, weight=1),
    Fault("worker_and_broker", strike=with_worker, weight=1),
)
