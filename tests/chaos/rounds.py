"""Play one round: a deployment of its own, events, faults, settling, and the oracle's verdict."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaos import topics
from chaos.cluster import Cluster
from chaos.faults.fault import Fault
from chaos.feed import Feed
from chaos.fleet import Fleet
from chaos.oracle import counting, shop
from chaos.oracle.verdict import Verdict
from chaos.push_service import PushService
from chaos.scene import Plan, Scene
from chaos.stream import catalogue, counted_events, shop_events
from chaos.trio import Trio

from streams.settings import Settings

SECRET = "known to chaos alone"
SHOP_EVENTS, COUNTED_EVENTS, COMPACTED_EVENTS = 600, 2_000, 400
COUNTED_PER_S = 600.0


@dataclass(slots=True)
class Result:
    """What became of a round. ``faults`` counts those that really took place."""

    number: int
    job: str
    planned: list[str]
    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter)
    exits: Counter[int] = field(default_factory=Counter)
    took_s: dict[str, float] = field(default_factory=dict)
    """Seconds per phase."""


def play(
    number: int, seed: str, job: str, names: Iterable[str], deck: Mapping[str, Fault],
    cluster: Cluster | Trio, home: Path, brief: bool = False,
) -> Result:  # fmt: skip
    """Play a round with the faults of these names; its folder stays if anything was wrong.

    Raises:
        FleetError: it did not settle.
    """
    folder = home / f"round-{number}"
    folder.mkdir(parents=True)
    faults = [deck[name] for name in names]
    rng = random.Random(f"{seed}/{number}")
    plan = _plan(job, faults, rng, brief)
    clock = Clock()
    scene = _scene(f"{seed}-{number}", plan, rng, cluster, folder)
    clock.lap("made")
    try:
        _run(scene, faults, clock)
        verdict = _judge(scene)
        clock.lap("judged")
    finally:
        scene.fleet.close()
    scene.happened.update({f.name: scene.told()[f.name] for f in faults if f.told})
    topics.delete(scene.settings)
    if verdict.is_clean:
        shutil.rmtree(folder)
    return Result(
        number, job, [fault.name for fault in faults], verdict, +scene.happened,
        scene.fleet.exits, clock.laps,
    )  # fmt: skip


class Clock:
    """Seconds per phase."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._at = time.monotonic()

    def lap(self, name: str) -> None:
        """End a phase."""
        now = time.monotonic()
        self.laps[name], self._at = round(now - self._at, 1), now


def _plan(job: str, faults: list[Fault], rng: random.Random, brief: bool) -> Plan:
    plan = Plan(job=job, brief=brief, static=rng.random() < 0.5)
    if job == "count":
        plan.manner.per_s = COUNTED_PER_S
    for fault in faults:
        fault.prepare(plan, rng)
    return plan


def _scene(
    name: str, plan: Plan, rng: random.Random, cluster: Cluster | Trio, folder: Path
) -> Scene:
    app_id = f"chaos-{name}"
    settings = Settings(
        broker=cluster.direct, app_id=app_id, topic_prefix=f"{app_id}.", secret=SECRET,
        catch_up="speak", partitions=plan.partitions, batch_records=100, instance_id="static" if plan.static else "",
        replication=cluster.copies, min_insync=cluster.in_sync, **plan.settings,
    )  # fmt: skip
    topics.make(settings)
    if plan.takes_any_time:
        topics.take_any_time(settings)
    if plan.job == "count":
        events, service = counted_events(name), None
    else:
        events = shop_events(name, COMPACTED_EVENTS if plan.compacted else 0)
        service = PushService(cluster.direct, settings.topic("recommendations"), name)
    feed = Feed(cluster.direct, settings.topic_prefix, events, plan.manner, name, service)
    scene = Scene(
        plan, rng, cluster, settings, folder,
        Fleet(settings, cluster.proxied, plan.job, folder, plan.points), feed,
    )  # fmt: skip
    if plan.job == "shop":
        feed.send_now(catalogue())
    if plan.compacted:
        gone = topics.begin_compacted(settings, feed, events, COMPACTED_EVENTS)
        feed.did["compacted_input"] += gone > 0
    return scene


def _run(scene: Scene, faults: list[Fault], clock: Clock) -> None:
    least = SHOP_EVENTS if scene.plan.job == "shop" else COUNTED_EVENTS
    scene.fleet.start("a", **scene.plan.first_points)
    scene.feed.start(least)
    scene.fleet.wait_ready(scene.first())
    clock.lap("ready")
    for fault in faults:
        fault.strike(scene)
        if fault.told:
            scene.bring_about(fault.name)
        else:
            scene.happened[fault.name] += 1
    clock.lap("struck")
    scene.wait(lambda: scene.feed.sent >= least, "the producers")
    scene.feed.stop()
    clock.lap("fed")
    scene.wait(scene.is_settled, "the last record")
    clock.lap("settled")
    scene.fleet.stop_all()
    clock.lap("stopped")


def _judge(scene: Scene) -> Verdict:
    settings = scene.settings
    where = (settings.broker, settings.app_id, settings.topic_prefix, settings.partitions)
    verdict = (
        counting.check(*where)
        if scene.plan.job == "count"
        else shop.check(*where, SECRET, scene.removed)
    )
    sent = scene.feed.events
    if verdict.events < sent:
        verdict.note(f"the log holds {verdict.events} of {sent} events: a fault of the test's own")
        verdict.lost += sent - verdict.events
    return verdict
