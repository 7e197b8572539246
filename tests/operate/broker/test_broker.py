"""The embedded broker: real, reachable, private to its home, and stoppable from anywhere."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError

from streams.operate.broker.broker import Broker, BrokerError
from streams.operate.broker.broker_runtime import OLDEST_JAVA, fetch, java, java_major
from streams.shared.sizes import LARGEST_BYTES

pytestmark = pytest.mark.kafka

YEAR_2017_MS = 1_483_228_800_000
YEAR_2090_MS = 3_786_912_000_000


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that these tests may stop and kill."""
    embedded = Broker(tmp_path_factory.mktemp("own"))
    yield embedded
    embedded.reset()


async def create(bootstrap: str, topic: str, **configs: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes, timestamp_ms: int) -> int:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=topic, max_request_size=16_777_216
    )
    await producer.start()
    try:
        async with producer.transaction():
            meta = await producer.send_and_wait(topic, value, timestamp_ms=timestamp_ms)
        return int(meta.offset)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=16_777_216,
    )
    await consumer.start()
    try:
        record = await consumer.getone()
        return bytes(record.value)
    finally:
        await consumer.stop()


async def test_a_record_may_be_as_large_as_a_stock_broker_takes_and_no_larger(broker: str) -> None:
    await create(broker, "stock")
    await write(broker, "stock", b"x" * LARGEST_BYTES, YEAR_2017_MS)
    assert len(await read(broker, "stock")) == LARGEST_BYTES
    with pytest.raises(MessageSizeTooLargeError):
        await write(broker, "stock", b"x" * 1_048_588, YEAR_2017_MS)


async def test_a_topic_may_take_more(broker: str) -> None:
    await create(broker, "large", **{"max.message.bytes": "16777216"})
    await write(broker, "large", b"x" * 10_485_760, YEAR_2017_MS)
    assert len(await read(broker, "large")) == 10_485_760


async def test_records_of_any_year_are_accepted(broker: str) -> None:
    await create(broker, "years")
    first = await write(broker, "years", b"old", YEAR_2017_MS)
    assert await write(broker, "years", b"future", YEAR_2090_MS) > first


async def test_data_and_address_survive_a_restart(own: Broker) -> None:
    bootstrap = own.start()
    await create(bootstrap, "kept")
    await write(bootstrap, "kept", b"kept", YEAR_2017_MS)
    assert own.stop()
    assert own.start() == bootstrap
    assert await read(bootstrap, "kept") == b"kept"


def test_starting_twice_is_the_same_broker(own: Broker) -> None:
    assert own.start() == Broker(own.home).start()


def test_it_outlives_its_starter_and_another_process_stops_it(own: Broker) -> None:
    own.stop()
    script = "import sys; from pathlib import Path; from streams.operate.broker.broker import Broker; B = Broker(Path(sys.argv[1]))"
    for action in ("B.start()", "B.stop()"):
        subprocess.run([sys.executable, "-c", f"{script}; {action}", str(own.home)], check=True)
        assert own.status().running == (action == "B.start()")


def test_a_killed_broker_counts_as_stopped_and_starts_again(own: Broker) -> None:
    own.start()
    pid = own.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for_end(own)
    assert not own.stop()
    assert own.start()


def wait_for_end(embedded: Broker) -> None:
    deadline = time.monotonic() + 10
    while embedded.status().running:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_homes_have_two_brokers(broker: str, own: Broker) -> None:
    assert own.start() != broker


def test_a_port_taken_meanwhile_is_replaced(own: Broker) -> None:
    port = int(own.start().rsplit(":", 1)[1])
    own.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert own.start() != f"127.0.0.1:{port}"


def test_it_listens_on_loopback_only(own: Broker) -> None:
    own.start()
    listeners = [
        line
        for line in (own.home / "server.properties").read_text().splitlines()
        if line.startswith(("listeners=", "advertised.listeners="))
    ]
    addresses = [part for line in listeners for part in line.split("=", 1)[1].split(",")]
    assert len(addresses) == 3
    assert all("://127.0.0.1:" in address for address in addresses)


def test_a_pid_that_belongs_to_another_program_is_not_touched(tmp_path: Path) -> None:
    embedded = Broker(tmp_path)
    (tmp_path / "state.json").write_text(f'{{"pid": {os.getpid()}, "port": 1}}')
    assert not embedded.status().running
    assert not embedded.stop()
    assert not (tmp_path / "state.json").exists()


def test_a_broken_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a directory must be")
    with pytest.raises(BrokerError, match="data"):
        Broker(tmp_path).start()


def test_reset_leaves_nothing(tmp_path: Path) -> None:
    embedded = Broker(tmp_path / "home")
    embedded.start()
    embedded.reset()
    assert not (tmp_path / "home").exists()


def test_the_runtime_is_new_enough_and_the_jars_come_once() -> None:
    assert java_major(str(java())) >= OLDEST_JAVA
    fetch()
    fetched = fetch()
    assert fetched.downloaded == 0
    assert any(jar.name.startswith("kafka_2.13-") for jar in fetched.jars)


def test_a_program_that_is_no_java_has_no_version() -> None:
    assert java_major("false") == 0
    assert java_major("no-such-program") == 0
