"""One contestant on one input: CPU time of its process tree, from start to last output."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from benchmarks.measure import Tree

POLL_S, TREE_S, QUIET_S, STOP_S = 0.05, 0.5, 2.5, 20.0
STUCK_S, LIMIT_S = 120.0, 1200.0

Ends = Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Sample:
    """``outputs``: end offsets that a read_committed reader may reach, transaction markers too."""

    at_s: float
    outputs: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took. Steady: from the first output to the last."""

    events: int
    wall_s: float
    cpu_s: float
    steady_cpu_s: float
    first_output_s: float
    peak_rss_mb: float

    @property
    def events_per_cpu_s(self) -> float:
        """Start included."""
        return self.events / self.cpu_s

    @property
    def steady_events_per_cpu_s(self) -> float:
        """Without what was spent before the first output."""
        return self.events / self.steady_cpu_s


class RunError(RuntimeError):
    """A contestant ended early, got stuck or took too long."""


def figures(samples: list[Sample], events: int, peak_rss_mb: float) -> Run:
    """Return the figures of a run from its samples, the first of which is its start."""
    last = next(s for s in samples if s.outputs == samples[-1].outputs)
    first = next(i for i, s in enumerate(samples) if s.outputs)
    before, start = samples[max(first - 1, 0)], samples[0].at_s
    return Run(
        events, last.at_s - start, last.cpu_s, last.cpu_s - before.cpu_s,
        samples[first].at_s - start, peak_rss_mb,
    )  # fmt: skip


class OftenAsked(Tree):
    """A tree that looks for new members twice a second only, and notes its highest memory."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self._members = super()._all()
        self._looked_s = 0.0
        self.highest_rss_mb = 0.0

    def _all(self) -> list[psutil.Process]:
        if time.monotonic() - self._looked_s > TREE_S:
            self._looked_s = time.monotonic()
            self._members = super()._all() or self._members
            self.highest_rss_mb = max(self.highest_rss_mb, self.rss_mb())
        return self._members


class Bench:
    """A broker's topics, and runs on it."""

    def __init__(self, broker: str, scratch: Path, partitions: int) -> None:
        self.broker, self._scratch, self._partitions = broker, scratch, partitions
        scratch.mkdir(parents=True, exist_ok=True)

    async def run(
        self, name: str, command: list[str], environment: dict[str, str], topic: str, events: int,
        cwd: Path,
    ) -> Run:  # fmt: skip
        """Run ``command`` until all of ``topic`` is in the topic ``out-<name>``.

        Raises:
            RunError: it did not get there; its log is named.
        """
        state, log, out = self._scratch / name, self._scratch / f"{name}.log", f"out-{name}"
        state.mkdir()
        await self._create(out)
        given = {"BROKER": self.broker, "IN_TOPIC": topic, "OUT_TOPIC": out, "APP_ID": name,
                 "STATE_DIR": str(state), "THREADS": "1"}  # fmt: skip
        async with self._ends(out) as ends:
            await ends()  # the topic is known
            began_s = time.monotonic()
            with log.open("wb") as output:
                process = subprocess.Popen(
                    command, env={**os.environ, **environment, **given}, cwd=cwd, stdout=output,
                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
            try:
                return await self._watch(process, began_s, ends, events, log)
            finally:
                _stop(process)
                shutil.rmtree(state, ignore_errors=True)

    async def _watch(
        self, process: subprocess.Popen[bytes], began_s: float, ends: Ends, events: int, log: Path
    ) -> Run:
        tree = OftenAsked(process.pid)
        samples = [Sample(began_s, 0, 0.0)]
        changed_s = began_s
        while samples[-1].outputs < events or time.monotonic() - changed_s < QUIET_S:
            sample = Sample(time.monotonic(), await ends(), tree.cpu_s())
            if sample.outputs != samples[-1].outputs:
                changed_s = sample.at_s
            samples.append(sample)
            self._refuse_failure(process, began_s, changed_s, sample, log)
            await asyncio.sleep(POLL_S)
        return figures(samples, events, tree.highest_rss_mb)

    def _refuse_failure(
        self, process: subprocess.Popen[bytes], began_s: float, changed_s: float, at: Sample,
        log: Path,
    ) -> None:  # fmt: skip
        ended = process.poll()
        if ended is not None:
            raise RunError(f"ended with code {ended} after {at.outputs:,} outputs; see {log}")
        stuck = at.outputs and at.at_s - changed_s > STUCK_S
        if stuck or at.at_s - began_s > LIMIT_S:
            raise RunError(f"got no further than {at.outputs:,} outputs; see {log}")

    @asynccontextmanager
    async def _ends(self, topic: str) -> AsyncIterator[Ends]:
        tps = [TopicPartition(topic, number) for number in range(self._partitions)]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker, isolation_level="read_committed",
            enable_auto_commit=False,
        )  # fmt: skip
        await consumer.start()

        async def ends() -> int:
            return sum((await consumer.end_offsets(tps)).values())

        try:
            yield ends
        finally:
            await consumer.stop()

    async def _create(self, topic: str) -> None:
        async with self._admin() as admin:
            config = {"retention.ms": "-1"}
            await admin.create_topics([NewTopic(topic, self._partitions, 1, topic_configs=config)])

    async def clean(self, kept: set[str]) -> None:
        """Delete every topic but ``kept`` and Kafka's own."""
        async with self._admin() as admin:
            topics = [t for t in await admin.list_topics() if t not in kept and t[:2] != "__"]
            if topics:
                await admin.delete_topics(topics)

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole session of a contestant."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
