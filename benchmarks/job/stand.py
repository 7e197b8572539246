"""Where the measurements stand: a broker of their own, deployments on it, real workers."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from benchmarks.measure import Tree
from schemas.tables import SourceRecord
from streams.engine.options import MERGED
from streams.engine.topics import CHANGELOG, create_topics
from streams.operate.broker.broker import Broker
from streams.operate.demo.run import given
from streams.operate.demo.worker import Worker, running
from streams.operate.tools.feed import feed
from streams.settings import Settings

HOME = Path(__file__).resolve().parents[2] / ".kairos" / "bench-job"
POLL_S = 0.02
LIMIT_S = 900.0
INPUTS = tuple(topic for topic in MERGED if topic != "ticks")


class StandError(RuntimeError):
    """A measurement did not come to its end."""


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


class Stand:
    """A broker that is up while the measurements run."""

    def __init__(self, home: Path = HOME) -> None:
        self._home = home
        self._broker = Broker(home / "broker", say)

    def __enter__(self) -> Stand:
        self._broker.reset()
        self._address = self._broker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._broker.reset()

    @property
    def data(self) -> Path:
        """Where the broker keeps the topics: a folder for each partition."""
        return self._broker.home / "data"

    @property
    def broker_pid(self) -> int:
        """The broker's process."""
        pid = self._broker.status().pid
        if pid is None:
            raise StandError("the broker does not run")
        return pid

    @contextmanager
    def deployment(self, name: str, **settings: Any) -> Iterator[Deployment]:
        """Yield a deployment on topics of its own; its topics and files go at the end."""
        made = Deployment(self._address, name, self._home / name, settings)
        made.create()
        try:
            yield made
        finally:
            asyncio.run(made.delete())


class Deployment:
    """Topics, settings and workers of one measurement."""

    def __init__(self, broker: str, name: str, folder: Path, settings: dict[str, Any]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        self.settings = Settings(
            broker=broker,
            app_id=name,
            topic_prefix=f"{name}.",
            secret="known to the benches alone",
            catch_up="speak",
            **settings,
        )

    def create(self) -> None:
        """Make the topics."""
        asyncio.run(create_topics(self.settings))

    @property
    def changelog(self) -> str:
        """Full name of the changelog."""
        return f"{self.settings.app_id}-{CHANGELOG}"

    def bare(self) -> Settings:
        """The settings for readers of topics by their full names."""
        return msgspec.structs.replace(self.settings, topic_prefix="")

    def feed(self, records: Iterable[SourceRecord]) -> int:
        """Send records as fast as they go."""
        return asyncio.run(feed(self.settings, records))

    @contextmanager
    def worker(self, home: str = "first", **settings: Any) -> Iterator[Watched]:
        """Yield a worker that was just started, with local state in ``home``."""
        told = msgspec.structs.replace(self.settings, data_dir=str(self.folder / home), **settings)
        began_s = time.monotonic()
        with running(given(told), self.folder / f"{home}.log") as worker:
            yield Watched(worker, began_s)

    def places(self, *topics: str, partitions: int | None = None) -> list[TopicPartition]:
        """The partitions of topics (names without prefix)."""
        count = range(partitions or self.settings.partitions)
        return [TopicPartition(self.settings.topic(t), p) for t in topics for p in count]

    async def delete(self) -> None:
        """Take the topics and files away."""
        async with self.admin() as admin:
            mine = (self.settings.topic_prefix, self.changelog)
            await admin.delete_topics([t for t in await admin.list_topics() if t.startswith(mine)])
        shutil.rmtree(self.folder, ignore_errors=True)

    @asynccontextmanager
    async def progress(self) -> AsyncIterator[Progress]:
        """Yield something to ask how much of the input has been committed."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.broker,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            async with self.admin() as admin:
                yield Progress(self, consumer, admin)
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """Yield a started admin client."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.broker)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


class Watched(Tree):
    """A worker whose costs are watched."""

    def __init__(self, worker: Worker, began_s: float) -> None:
        super().__init__(worker.pid)
        self.worker, self.began_s = worker, began_s

    def stop(self) -> float:
        """Stop it as a deployment would; return the seconds it took."""
        began_s = time.monotonic()
        code = self.worker.stop()
        if code:
            raise StandError(f"the worker ended with code {code}; see {self.worker.log}")
        return time.monotonic() - began_s


class Progress:
    """How far a deployment has come, by the offsets that its transactions committed."""

    def __init__(self, made: Deployment, consumer: Any, admin: Any) -> None:
        self._made, self._consumer, self._admin = made, consumer, admin
        self._inputs = made.places(*INPUTS)

    async def committed(self) -> int:
        """Input records whose effects are committed."""
        return sum((await self.by_partition()).values())

    async def by_partition(self) -> dict[int, int]:
        """Input records of each partition whose effects are committed."""
        done = dict.fromkeys(range(self._made.settings.partitions), 0)
        try:
            found = await self._admin.list_consumer_group_offsets(self._made.settings.app_id)
        except GroupCoordinatorNotAvailableError:  # a new broker, before the first group
            return done
        for tp in self._inputs:
            if tp in found:
                done[tp.partition] += max(found[tp].offset, 0)
        return done

    async def produced(self) -> int:
        """Input records in the topics."""
        return await self.ends(self._inputs)

    async def ends(self, places: list[TopicPartition]) -> int:
        """Records, markers of transactions included, that partitions have had so far."""
        return sum((await self._consumer.end_offsets(places)).values())

    async def wait(self, wanted: int, worker: Watched, limit_s: float = LIMIT_S) -> float:
        """Wait until so many input records are committed; return the monotonic moment.

        Raises:
            WorkerError: the worker ended.
            StandError: it did not get there in time.
        """
        deadline_s = time.monotonic() + limit_s
        while (done := await self.committed()) < wanted:
            worker.worker.check()
            if time.monotonic() > deadline_s:
                raise StandError(
                    f"{done:,} of {wanted:,} after {limit_s:.0f} s; {worker.worker.log}"
                )
            await asyncio.sleep(POLL_S)
        return time.monotonic()
