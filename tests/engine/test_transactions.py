"""What becomes of a batch when its transaction fails at each point, without a broker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerFenced

from schemas.tables import Output
from streams.engine.transaction import NO_OFFSET
from streams.engine.transactions import AbortedError, BatchTransactions, FatalError
from streams.state.store import UndecidedError

CHANGELOG = TopicPartition("changelog", 3)
OFFSETS = {"clicks": 9, "purchases": 5}
ROWS, OUTPUTS = {b"U1": b"row"}, [Output("decisions", b"k", b"v")]


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
        self.offsets: dict[str, int] = {}
        """Those that a broker would commit: the last of each topic."""

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
        self.offsets |= {tp.topic: at for tp, at in offsets.items()}

    def join(self, partitions: Any) -> None:
        self.calls.append("join " + " ".join(sorted(tp.topic for tp in partitions)))

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
        clock=SimpleNamespace(told=lambda: 1_780_000_000_000),
        engine=SimpleNamespace(crash=Crash(), restored=lambda changelog: 39),
    )
    made.producer = SimpleNamespace(_new_producer=lambda transactional_id: FakeProducer({}))
    made.on_init()
    made._producers[3] = producer
    return made


async def commit(
    under_test: BatchTransactions, outputs: list[Output] = OUTPUTS, offsets: Any = OFFSETS
) -> int:
    async with under_test.begun(CHANGELOG, OFFSETS) as transaction:
        return await transaction.commit(ROWS, outputs, offsets)


class Crash:
    """Counts crashes."""

    def __init__(self) -> None:
        self.reasons: list[BaseException] = []

    async def __call__(self, reason: BaseException) -> None:
        self.reasons.append(reason)


async def test_offsets_rows_and_outputs_go_into_one_transaction() -> None:
    producer = FakeProducer({})
    assert await commit(transactions(producer)) == 40
    assert producer.calls == [
        "begin", "join changelog", "offsets", "join changelog p.decisions", "offsets",
        "send changelog", "send p.decisions", "commit",
    ]  # fmt: skip


async def test_it_is_open_with_its_offsets_before_the_batch_is_decided() -> None:
    producer = FakeProducer({})
    async with transactions(producer).begun(CHANGELOG, OFFSETS) as transaction:
        await asyncio.sleep(0)
        assert producer.calls == ["begin", "join changelog", "offsets"]
        await transaction.commit(ROWS, OUTPUTS, OFFSETS)


async def test_offsets_that_turn_out_shorter_are_sent_again_before_the_commit() -> None:
    producer = FakeProducer({})
    under_test = transactions(producer)
    await commit(under_test, offsets=OFFSETS | {"clicks": 7})
    await commit(under_test, offsets=OFFSETS | {"clicks": 7})
    assert producer.offsets == {"clicks": 7, "purchases": 5}
    sent = [n for n, call in enumerate(producer.calls) if call == "offsets"]
    ends = [n for n, call in enumerate(producer.calls) if call == "commit"]
    assert sent[1] < ends[0] < sent[2] < sent[3] < ends[1]


async def test_where_the_last_one_wrote_to_the_next_one_takes_part_from_the_start() -> None:
    producer = FakeProducer({})
    under_test = transactions(producer)
    for outputs in (OUTPUTS, [], OUTPUTS):
        producer.calls.clear()
        await commit(under_test, outputs)
    joins = [call for call in producer.calls if call.startswith("join")]
    assert joins == ["join changelog", "join changelog p.decisions"]  # the last wrote no decision
    producer.calls.clear()
    await commit(under_test)
    assert [c for c in producer.calls if c.startswith("join")] == ["join changelog p.decisions"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), asyncio.CancelledError()])
async def test_a_batch_that_cannot_be_decided_ends_the_worker(error: BaseException) -> None:
    producer = FakeProducer({})
    under_test = transactions(producer)
    with pytest.raises(FatalError):
        async with under_test.begun(CHANGELOG, OFFSETS):
            raise error
    assert under_test.dead
    assert "commit" not in producer.calls


async def test_a_repeated_send_leaves_the_offset_unknown() -> None:
    assert await commit(transactions(FakeProducer({}, base_offset=-1))) == NO_OFFSET


@pytest.mark.parametrize("base_offset", [0, 39])
async def test_rows_that_land_before_the_last_ones_are_not_committed(base_offset: int) -> None:
    producer = FakeProducer({}, base_offset)
    under_test = transactions(producer)
    with pytest.raises(FatalError):
        await commit(under_test)
    assert "commit" not in producer.calls
    (refused,) = under_test.app.engine.crash.reasons
    assert f"took rows at offset {base_offset}, but the state was made from it up to 39" in str(
        refused
    )
    assert "`kairos recover`" in str(refused)


@pytest.mark.parametrize("at", ["refuse changelog", "refuse p.decisions", "offsets", "begin"])
async def test_a_refusal_aborts_cleanly_and_replaces_the_producer(at: str) -> None:
    producer = FakeProducer({at: MessageSizeTooLargeError()})
    under_test = transactions(producer)
    with pytest.raises(AbortedError):
        await commit(under_test)
    assert "commit" not in producer.calls
    assert producer.calls[-2:] == ["abort", "stop"]
    assert under_test._producers[3] is not producer
    assert not under_test.dead


@pytest.mark.parametrize("at", ["begin", "offsets", "send changelog", "refuse changelog", "commit"])
async def test_a_fenced_worker_is_dead(at: str) -> None:
    producer = FakeProducer({at: ProducerFenced()})
    under_test = transactions(producer)
    with pytest.raises(FatalError):
        await commit(under_test)
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
        await commit(under_test)
    assert under_test.dead


@pytest.mark.parametrize("fails", [{}, {"offsets": KafkaError("no answer")}])
async def test_a_batch_that_is_not_decided_is_aborted_once_its_opening_has_ended(fails) -> None:
    producer = FakeProducer(fails)
    under_test = transactions(producer)
    with pytest.raises(UndecidedError):
        async with under_test.begun(CHANGELOG, {"clicks": 9}):
            raise UndecidedError
    assert producer.calls.index("abort") > producer.calls.index("offsets")
    assert not under_test.dead
    assert not any(call.startswith("send") for call in producer.calls)
    assert await commit(under_test) == 40


async def test_fenced_while_nothing_is_decided_is_the_end() -> None:
    under_test = transactions(FakeProducer({"offsets": ProducerFenced()}))
    with pytest.raises(FatalError):
        async with under_test.begun(CHANGELOG, {"clicks": 9}):
            raise UndecidedError
    assert under_test.dead


async def test_an_abort_that_fails_is_fatal() -> None:
    fails = {"offsets": KafkaError(), "abort": KafkaError()}
    under_test = transactions(FakeProducer(fails))
    with pytest.raises(FatalError):
        await commit(under_test)
    assert under_test.dead


async def test_a_dead_worker_refuses_everything() -> None:
    producer = FakeProducer({})
    under_test = transactions(producer)
    under_test.dead = True
    with pytest.raises(FatalError):
        await commit(under_test)
    assert producer.calls == []


async def test_a_partition_of_another_worker_is_refused() -> None:
    under_test = transactions(FakeProducer({}))
    under_test._producers.clear()
    with pytest.raises(FatalError):
        await commit(under_test)
