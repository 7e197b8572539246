"""A real cluster: three brokers that are controllers as well, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from streams.operate.broker.broker import HOST, Broker

NUMBERS = (1, 2, 3)
HEAP = "-Xmx320m"
UP_TIMEOUT_S, STOP_TIMEOUT_S, ASK_S = 180.0, 60.0, 60.0
GROUP, TRANSACTION = 0, 1
"""Kinds of coordinators, as the protocol numbers them."""
CONFIG = """\
node.id={number}
controller.quorum.voters={voters}
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
log.cleaner.backoff.ms=200
file.delete.delay.ms=100
"""


class Node(Broker):
    """One of the three; the others know its ports before it starts."""

    def __init__(self, home: Path, ports: tuple[int, int], cluster_id: str, config: str) -> None:
        super().__init__(home)
        self._ports, self._id, self._more = ports, cluster_id, config

    def _start(self, command: list[str], timeout_s: float) -> str:
        return super()._start([*command, HEAP], timeout_s)

    def _last_ports(self) -> tuple[int, int]:
        return self._ports

    def _cluster_id(self) -> str:
        return self._id

    def _configure(self, port: int, controller_port: int) -> None:
        super()._configure(port, controller_port)
        with self._config.open("a", encoding="utf-8") as config:
            config.write(self._more)  # of two lines with one name the last one holds

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the broker, which must run."""
        pid = self.status().pid
        assert pid is not None, "the broker does not run"
        os.kill(pid, number)

    def kill(self) -> None:
        """Signal 9; return when it is gone."""
        self.signal(signal.SIGKILL)
        while self.status().running:
            time.sleep(0.05)


class Trio:
    """Three brokers, three copies of everything, two of which must acknowledge."""

    copies, in_sync = 3, 2

    def __init__(self, home: Path) -> None:
        pairs = dict(zip(NUMBERS, _pairs_of_ports(len(NUMBERS)), strict=True))
        voters = ",".join(f"{n}@{HOST}:{controller}" for n, (_, controller) in pairs.items())
        cluster_id = Broker(home)._cluster_id()
        self._nodes = {
            n: Node(home / f"{n}", pairs[n], cluster_id, CONFIG.format(number=n, voters=voters))
            for n in NUMBERS
        }
        self._addresses = {n: f"{HOST}:{port}" for n, (port, _) in pairs.items()}
        self.direct = self.proxied = ",".join(self._addresses.values())
        self._start(NUMBERS)

    @contextmanager
    def down(self, *numbers: int) -> Iterator[None]:
        """Kill nodes with signal 9 at once; start them again on the same data at the end."""
        _at_once(lambda n: self._nodes[n].kill(), numbers)
        try:
            yield
        finally:
            self._start(numbers)

    @contextmanager
    def away(self, number: int) -> Iterator[None]:
        """Stop a node in order, so that it hands over what it leads; start it again at the end."""
        self._nodes[number].stop(STOP_TIMEOUT_S)
        try:
            yield
        finally:
            self._start((number,))

    @contextmanager
    def frozen(self, number: int) -> Iterator[None]:
        """A node answers nothing while the block runs; its connections stay."""
        self._nodes[number].signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._nodes[number].signal(signal.SIGCONT)

    def close(self) -> None:
        """Stop everything, delete the data."""
        for node in self._nodes.values():
            node.reset()

    # -- who does what

    def leader(self, topic: str, partition: int) -> int:
        """Return the node that leads a partition."""

        async def ask(client: AIOKafkaClient) -> int | None:
            await client.set_topics([topic])
            found: int | None = client.cluster.leader_for_partition(
                TopicPartition(topic, partition)
            )
            return found

        return self._asked(ask)

    def coordinator(self, kind: int, key: str) -> int:
        """Return the node that coordinates a group or the transactions of an id."""

        async def ask(client: AIOKafkaClient) -> int | None:
            found: int = await client.coordinator_lookup(kind, key)
            return found

        return self._asked(ask)

    def _asked(self, ask: Callable[[AIOKafkaClient], Coroutine[Any, Any, int | None]]) -> int:
        deadline = time.monotonic() + ASK_S
        while (found := asyncio.run(_answer(self.direct, ask))) not in self._nodes:
            assert time.monotonic() < deadline, "the cluster does not say"
            time.sleep(0.5)
        return found

    def _start(self, numbers: Iterable[int]) -> None:
        """Start nodes together: none is up before most of the three are."""

        def start(number: int) -> None:
            found = self._nodes[number].start(UP_TIMEOUT_S)
            assert found == self._addresses[number], "the broker came back elsewhere"

        _at_once(start, numbers)


async def _answer(
    brokers: str, ask: Callable[[AIOKafkaClient], Coroutine[Any, Any, int | None]]
) -> int | None:
    client = AIOKafkaClient(bootstrap_servers=brokers)
    try:
        await client.bootstrap()
        return await ask(client)
    except KafkaError:
        return None  # just then it is dealt anew
    finally:
        await client.close()


def _at_once(act: Callable[[int], None], numbers: Iterable[int]) -> None:
    with ThreadPoolExecutor(len(NUMBERS)) as pool:
        list(pool.map(act, numbers))


def _pairs_of_ports(count: int) -> list[tuple[int, int]]:
    """Return free ports, no two alike."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(2 * count)]
        for probe in probes:
            probe.bind((HOST, 0))
        ports = [probe.getsockname()[1] for probe in probes]
    return list(zip(ports[::2], ports[1::2], strict=True))
