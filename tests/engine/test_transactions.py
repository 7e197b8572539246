"""What becomes of a batch when its transaction fails at each point, without a broker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced

from schemas.tables import Output
from streams.engine.transactions import (
    NO_OFFSET,
    AbortedError,
    BatchTransactions,
    Commit,
    FatalError,
)

COMMIT = Commit(3, "changelog", {b"U1": b"row"}, [Output("decisions", b"k", b"v")], {"clicks": 9})


class Builder:
    def __init__(self) -> None:
        self.records: list[Any] = []

    @property
    def _builder(self) -> Builder:
        return self

    def append(self, offset: int, timestamp: int, **record: Any) -> Any:
        assert offset == len(self.records)
        self.records.append(record)
        return object()

    def record_count(self) -> int:
        return len(self.records)

    def close(self) -> None:
        pass


class FakeProducer:
    """A producer that fails where it is told to."""

    def __init__(self, fails: dict[str, BaseException], base_offset: int = 40) -> None:
        self.fails = fails
        self.base_offset = base_offset
        self.calls: list[str] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]

    async def start(self) -> None:
        self._call("start")

    async def stop(self) -> None:
        self._call("stop")

    async def begin_transaction(self) -> None:
        self._call("begin")

    async def commit_transaction(self) -> None:
        self._call("commit")

    async def abort_transaction(self) -> None:
        self._call("abort")

    async def send_offsets_to_transaction(self, offsets: Any, group: str) -> None:
        self._call("offsets")

    def join(self, partitions: Any) -> None:
        pass

    def create_batch(self) -> Builder:
        return Builder()

    async def send_batch(self, builder: Any, topic: str, *, partition: int) -> Any:
        self._call(f"send {topic}")
        future = asyncio.get_running_loop().create_future()
        if f"refuse {topic}" in self.fails:
            future.set_exception(self.fails[f"refuse {topic}"])
        else:
            future.set_result(SimpleNamespace(offset=self.base_offset))
        return future


def transactions(producer: FakeProducer) -> BatchTransactions:
    made = object.__new__(BatchTransactions)
    made.app = SimpleNamespace(
        conf=SimpleNamespace(id="app"),
        options=SimpleNamespace(prefix="p."),
        engine=SimpleNamespace(crash=Crash()),
    )
    made.producer = SimpleNamespace(_new_producer=lambda transactional_id: FakeProducer({}))
    made.on_init()
    made._producers[3] = producer
    return made


class Crash:
    """Counts crashes."""

    def __init__(self) -> None:
        self.reasons: list[BaseException] = []

    async def __call__(self, reason: BaseException) -> None:
        self.reasons.append(reason)


async def test_offsets_rows_and_outputs_go_into_one_transaction() -> None:
    producer = FakeProducer({})
    assert await transactions(producer).transact(COMMIT) == 40
    assert producer.calls == ["begin", "offsets", "send changelog", "send p.decisions", "commit"]


async def test_a_repeated_send_leaves_the_offset_unknown() -> None:
    assert await transactions(FakeProducer({}, base_offset=-1)).transact(COMMIT) == NO_OFFSET


@pytest.mark.parametrize("at", ["refuse changelog", "refuse p.decisions", "offsets", "begin"])
async def test_a_refusal_aborts_cleanly_and_replaces_the_producer(at: str) -> None:
    producer = FakeProducer({at: MessageSizeTooLargeError()})
    under_test = transactions(producer)
    with pytest.raises(AbortedError):
        await under_test.transact(COMMIT)
    assert "commit" not in producer.calls
    assert producer.calls[-2:] == ["abort", "stop"]
    assert under_test._producers[3] is not producer
    assert not under_test.dead


@pytest.mark.parametrize("at", ["begin", "offsets", "send changelog", "refuse changelog", "commit"])
async def test_a_fenced_worker_is_dead(at: str) -> None:
    producer = FakeProducer({at: ProducerFenced()})
    under_test = transactions(producer)
    with pytest.raises(FatalError):
        await under_test.transact(COMMIT)
    assert under_test.dead
    assert "abort" not in producer.calls
    assert len(under_test.app.engine.crash.reasons) == 1


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("commit", KafkaError("no answer")),
        ("commit", asyncio.CancelledError()),
        ("send changelog", asyncio.CancelledError()),
        ("offsets", ZeroDivisionError()),
    ],
)
async def test_an_unknown_outcome_or_a_bug_is_never_guessed(at: str, error: BaseException) -> None:
    under_test = transactions(FakeProducer({at: error}))
    with pytest.raises(FatalError):
        await under_test.transact(COMMIT)
    assert under_test.dead


async def test_an_abort_that_fails_is_fatal() -> None:
    fails = {"offsets": KafkaError(), "abort": KafkaError()}
    under_test = transactions(FakeProducer(fails))
    with pytest.raises(FatalError):
        await under_test.transact(COMMIT)
    assert under_test.dead


async def test_a_dead_worker_refuses_everything() -> None:
    producer = FakeProducer({})
    under_test = transactions(producer)
    under_test.dead = True
    with pytest.raises(FatalError):
        await under_test.transact(COMMIT)
    assert producer.calls == []


async def test_a_partition_of_another_worker_is_refused() -> None:
    under_test = transactions(FakeProducer({}))
    under_test._producers.clear()
    with pytest.raises(FatalError):
        await under_test.transact(COMMIT)
