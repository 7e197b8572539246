from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from support.shop import Shop

from streams.engine import progress
from streams.engine.topics import create_topics
from streams.settings import Settings

HERE = Path(__file__).parent
USERS = 300
INPUTS = ("clicks", "purchases", "context")


class Deployment:
    """Workers of the counting job on their own topics, and a plain count of what must come out."""

    def __init__(self, broker: str, name: str, folder: Path) -> None:
        self.settings = Settings(
            broker=broker,
            app_id=name,
            topic_prefix=f"{name}.",
            data_dir=str(folder),
            catch_up="speak",
        )
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.produced = 0
        """Events produced; their numbers are 0 and up."""

    # -- workers

    def start(
        self, home: str = "a", app: str = "counting_app", **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a worker with its local state in ``home``."""
        settings = self.settings
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent))),
            "KAIROS_BROKER": settings.broker,
            "KAIROS_APP_ID": settings.app_id,
            "KAIROS_TOPIC_PREFIX": settings.topic_prefix,
            "KAIROS_PARTITIONS": str(settings.partitions),
            "KAIROS_CATCH_UP": settings.catch_up,
            "KAIROS_BATCH_RECORDS": "200",
            "KAIROS_DATA_DIR": str(self.folder / home),
            **environment,
        }
        command = [sys.executable, "-m", "faust", "-A", app, "worker", "-l", "info"]
        with self.log(home).open("ab") as log:
            worker = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def log(self, home: str = "a") -> Path:
        return self.folder / f"{home}.log"

    def stop(self, worker: subprocess.Popen[bytes], timeout_s: float = 20) -> float:
        """SIGTERM; return the seconds it took."""
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout_s)
        return time.monotonic() - began

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()

    # -- input and output

    def produce(self, count: int, topics: tuple[str, ...] = INPUTS) -> None:
        asyncio.run(self._produce(count, topics))

    async def _produce(self, count: int, topics: tuple[str, ...]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.broker, linger_ms=5)
        await producer.start()
        now_ms = time.time_ns() // 1_000_000
        for number in range(self.produced, self.produced + count):
            await producer.send(
                self.settings.topic(topics[number % len(topics)]),
                b"e%d" % number,
                key=user(number),
                timestamp_ms=now_ms - 3_600_000 + number,
            )
        await producer.stop()
        self.produced += count

    def read(self, topic: str, partitions: int = 0) -> list[Any]:
        """Everything a read_committed reader sees in a topic (full name)."""
        return asyncio.run(self._read(topic, partitions or self.settings.partitions))

    async def _read(self, topic: str, partitions: int) -> list[Any]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.broker,
            isolation_level="read_committed",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            tps = [TopicPartition(topic, p) for p in range(partitions)]
            consumer.assign(tps)
            await consumer.seek_to_beginning(*tps)
            ends = await consumer.end_offsets(tps)
            found: list[Any] = []
            while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    def outputs(self) -> list[tuple[bytes, bytes, int]]:
        """(user, event, count) in the order of each partition."""
        found = []
        for record in self.read(self.settings.topic("decisions")):
            event, count = record.value.rsplit(b":", 1)
            found.append((record.key, event, int(count)))
        return found

    def changelog(self) -> dict[bytes, bytes]:
        """The state in the log: the last value of each key, partitions apart for engine rows."""
        rows: dict[bytes, bytes] = {}
        for record in self.read(f"{self.settings.app_id}-state-changelog"):
            key = record.key
            if not key.startswith(b"U"):
                key = b"%d|%b" % (record.partition, key)
            rows[key] = record.value
        return rows

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 45) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, self.tail()
            time.sleep(0.2)

    def wait_for_outputs(self, count: int, timeout_s: float = 45) -> None:
        self.wait_for(lambda: len(self.outputs()) >= count, timeout_s)

    def tail(self) -> str:
        return "\n".join(
            path.read_text(errors="replace")[-3_000:] for path in sorted(self.folder.glob("*.log"))
        )

    # -- the oracle

    def assert_exact(self) -> None:
        """Nothing lost, nothing doubled, every count right, state and offsets agree."""
        outputs = self.outputs()
        events = Counter(event for _, event, _ in outputs)
        expected = Counter(b"e%d" % number for number in range(self.produced))
        assert (expected - events, events - expected) == (Counter(), Counter())
        counts: dict[bytes, list[int]] = defaultdict(list)
        for key, _, count in outputs:
            counts[key].append(count)
        per_user = Counter(user(number) for number in range(self.produced))
        assert counts == {key: list(range(1, n + 1)) for key, n in per_user.items()}
        rows = self.changelog()
        state = {key[1:]: int(value) for key, value in rows.items() if key.startswith(b"U")}
        assert state == dict(per_user)

    def state_ends(self) -> dict[TopicPartition, int]:
        """Next offsets that the state in the log contains."""
        return {
            TopicPartition(topic, int(key.split(b"|")[0])): at
            for key, value in self.changelog().items()
            if key.endswith(progress.KEY)
            for topic, at in progress.unpack(value).next.items()
        }


def user(number: int) -> bytes:
    return b"u%d" % (number * 7919 % USERS)


@pytest.fixture
def deployment(broker: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    name = request.node.name
    short = re.sub(r"[^\w.-]", "-", name)[:50]
    made = Deployment(broker, f"{short}-{zlib.crc32(name.encode())}", tmp_path)
    asyncio.run(create_topics(made.settings))
    yield made
    made.close()


@pytest.fixture
def shop(broker, tmp_path, request):
    made = []

    def build(**more):
        made.append(
            Shop(broker, re.sub(r"[^a-z]+", "-", request.node.name.lower()), tmp_path, **more)
        )
        return made[-1]

    yield build
    for each in made:
        each.stack.close()
