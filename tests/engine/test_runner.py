"""The engine between a fake consumer and fake transactions, on a real RocksDB."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import pytest
from faust.types import TP
from support.notebook import Notebook

from schemas.tables import Output, SourceRecord
from schemas.vocabulary import DeadReason
from streams.engine import ending, progress, runner
from streams.engine.intake import Intake
from streams.engine.merge import Batch, Range, Slice
from streams.engine.options import Options
from streams.engine.portions import START_RECORDS
from streams.engine.runner import Engine
from streams.engine.starts import Note
from streams.engine.store import StateStore
from streams.engine.transactions import AbortedError, FatalError
from streams.settings import Settings
from streams.state.store import MARKER, Effects, Store, UndecidedError

CHANGELOG = TP("changelog", 0)


class Counting:
    """Counts records per key."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        self.seen += [r.offset for r in records]
        (before,) = store.get_many([b"U"])
        effects = Effects(rows={b"U": b"%d" % (int(before or 0) + len(records))})
        effects.rows[MARKER] = msgspec.msgpack.encode({"stream_ms": 77})
        effects.outputs.append(Output("decisions", b"k", b"v"))
        return effects


class Commit(NamedTuple):
    """What a transaction wrote."""

    offsets: dict[str, int]
    rows: dict[bytes, bytes | None]
    outputs: list[Output]


class Transactions:
    def __init__(self) -> None:
        self.dead = False
        self.fails: list[BaseException] = []
        self.commits: list[Commit] = []
        self.opened: list[dict[str, int]] = []
        self.slow = asyncio.Event()
        self.slow.set()

    def owns(self, partition: int) -> bool:
        return not self.dead

    @asynccontextmanager
    async def begun(self, changelog: Any, offsets: Any) -> AsyncIterator[Transactions]:
        self.opened.append(offsets)
        yield self

    async def commit(self, rows: Any, outputs: list[Output], offsets: dict[str, int]) -> int:
        await self.slow.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.commits.append(Commit(offsets, rows, outputs))
        return len(self.commits)


class Consumer:
    def __init__(self) -> None:
        self.flow_active = True
        self.transactions = Transactions()
        self.seeks: Any = defaultdict(int)
        self.starts: Any = defaultdict(int)
        self.ends: Any = defaultdict(lambda: 1_000)
        self.committed: dict[str, int] = {}
        self.rewound: list[dict[Any, int]] = []
        self.finished = 0

    def done(self, partition: int) -> None:
        self.finished += 1

    async def rewind(self, offsets: dict[Any, int]) -> None:
        self.rewound.append(dict(offsets))

    async def earliest_offsets(self, *tps: Any) -> dict[Any, int]:
        return {tp: self.starts[tp.topic] for tp in tps}

    async def committed_offsets(self, *tps: Any) -> dict[Any, int]:
        return {tp: self.committed[tp.topic] for tp in tps if tp.topic in self.committed}

    async def highwaters(self, *tps: Any) -> dict[Any, int]:
        return {tp: self.ends[tp.topic] for tp in tps}


class FakeApp:
    def __init__(self) -> None:
        self.consumer = Consumer()
        self.consumer_generation_id = 1
        self.clock = SimpleNamespace(told=lambda: 5_000)
        self.starts = Notebook()
        self.should_stop = False
        self.crashes: list[BaseException] = []

    async def crash(self, reason: BaseException) -> None:
        self.crashes.append(reason)


@pytest.fixture
async def engine(state: StateStore, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(ending, "end_process_after", lambda delay_s: None)
    table: Any = SimpleNamespace(data=state, changelog_topic_name="changelog")
    made = Engine(FakeApp(), table, Counting(), Options.of(Settings()))
    made.ready.set()
    return made


def message(start: int, end: int, generation: int = 1, seek: int = 0) -> Any:
    records = [SourceRecord("clicks", 0, n, 77, b"k", b"v") for n in range(start, end)]
    batch = Batch(records, {"clicks": Range(start, end, seek)})
    return SimpleNamespace(partition=0, generation_id=generation, batch=batch)


async def run(engine: Engine, *messages: Any) -> Any:
    for each in messages:
        engine.submit(each)
        await engine.idle()
    return engine._app.consumer


def count(engine: Engine) -> int:
    (value,) = engine.partition(0).store.get_many([b"U"])
    return int(value or 0)


async def test_a_batch_is_committed_and_then_applied(engine: Engine) -> None:
    consumer = await run(engine, message(0, 3), message(3, 5))
    assert [commit.offsets for commit in consumer.transactions.commits] == [
        {"clicks": 3}, {"clicks": 5},
    ]  # fmt: skip
    assert count(engine) == 5
    assert consumer.finished == 2
    assert engine.stream_ms(0) == 77


async def test_ticks_measure_from_the_last_input_and_from_where_time_was_brought_back_to(
    engine: Engine,
) -> None:
    await run(engine, message(0, 3))
    progressed = engine.partition(0).progress
    assert (progressed.stream_ms, progressed.broker_ms) == (77, 5_000)
    before = progress.Progress({}, stream_ms=99, broker_ms=4_000)
    tick = SourceRecord(engine._options.ticks, 0, 0, 77, None, b"")
    for stream_ms, measured in ((77, (77, 5_000)), (100, (99, 4_000))):
        effects = Effects(rows={MARKER: msgspec.msgpack.encode({"stream_ms": stream_ms})})
        after = engine._advance(before, Intake([tick], {}, {}), effects)
        assert (after.stream_ms, after.broker_ms) == measured


@pytest.mark.parametrize(("starts", "commits"), [(1, [4]), (2, [1, 2, 3, 4])])
async def test_from_the_third_start_at_one_position_on_records_are_decided_one_by_one(
    engine: Engine, starts: int, commits: list[int]
) -> None:
    await engine._app.starts.write(0, 0, Note(starts=starts))
    consumer = await run(engine, message(0, 4))
    assert [commit.offsets["clicks"] for commit in consumer.transactions.commits] == commits
    assert count(engine) == 4


async def test_a_record_at_which_the_process_ended_twice_is_given_as_refused(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine._app.starts.write(0, 0, Note(starts=4, died={"clicks[0]@0": 2}))
    given, plain = [], engine.deciding.processor.process
    monkeypatch.setattr(
        engine.deciding.processor, "process",
        lambda *args: given.extend(args[2]) or plain(*args),
    )  # fmt: skip
    await run(engine, message(0, 2))
    assert [record.refused for record in given] == [DeadReason.INTERNAL_ERROR, None]
    assert count(engine) == 2


class InParts(Counting):
    """Applies two records at a time, each pair after a commit without any."""

    def __init__(self) -> None:
        super().__init__()
        self.midway = False

    def process(self, partition: int, store: Store, records: list[SourceRecord]) -> Effects:
        self.midway = not self.midway
        effects = super().process(partition, store, [] if self.midway else records[:2])
        effects.left = len(records) - (0 if self.midway else len(records[:2]))
        return effects


async def test_a_batch_that_is_decided_in_parts_commits_each_with_its_own_offsets(
    engine: Engine,
) -> None:
    engine.deciding.processor = InParts()
    consumer = await run(engine, message(0, 3), message(3, 4))
    ends = [commit.offsets["clicks"] for commit in consumer.transactions.commits]
    assert ends == [0, 2, 2, 3, 3, 4]
    contained = [progress.unpack(c.rows[progress.KEY]).next for c in consumer.transactions.commits]
    assert [each["clicks"] for each in contained] == ends
    assert engine.deciding.processor.seen == [0, 1, 2, 3]
    assert count(engine) == 4
    assert consumer.finished == 2


async def test_a_batch_that_becomes_stale_stops_between_two_parts(engine: Engine) -> None:
    engine.deciding.processor = InParts()
    transactions = engine._app.consumer.transactions
    transactions.slow.clear()
    engine.submit(message(0, 6))
    await asyncio.sleep(0.05)
    engine._app.consumer.flow_active = False
    transactions.slow.set()
    await engine.idle()
    assert [commit.offsets["clicks"] for commit in transactions.commits] == [0]
    engine._app.consumer.flow_active = True
    await run(engine, message(0, 6))
    assert engine.deciding.processor.seen == [0, 1, 2, 3, 4, 5]


async def test_an_abort_between_two_parts_reads_again_from_the_last_one(engine: Engine) -> None:
    engine.deciding.processor = InParts()
    transactions = engine._app.consumer.transactions
    commit, calls = transactions.commit, []

    async def third_fails(*written: Any) -> int:
        calls.append(written)
        if len(calls) == 3:
            raise AbortedError("too large")
        return int(await commit(*written))

    transactions.commit = third_fails
    consumer = await run(engine, message(0, 4))
    assert count(engine) == 2
    assert consumer.rewound[0][TP("clicks", 0)] == 2


async def test_the_first_transaction_is_small_and_the_next_ones_grow(engine: Engine) -> None:
    consumer = await run(engine, message(0, 8 * START_RECORDS))
    ends = [commit.offsets["clicks"] for commit in consumer.transactions.commits]
    assert [end // START_RECORDS for end in ends] == [1, 3, 7, 8]
    assert consumer.transactions.opened == [{"clicks": end} for end in ends]
    assert engine.deciding.processor.seen == list(range(8 * START_RECORDS))


async def test_state_and_progress_survive_a_new_start(engine: Engine) -> None:
    await run(engine, message(0, 3))
    engine.forget()
    assert count(engine) == 3
    assert engine.partition(0).progress.next["clicks"] == 3


async def test_a_repeated_batch_changes_nothing(engine: Engine) -> None:
    await run(engine, message(0, 3), message(0, 3), message(1, 5))
    assert engine.deciding.processor.seen == [0, 1, 2, 3, 4]


async def test_a_gap_is_read_again_from_what_the_state_contains(engine: Engine) -> None:
    consumer = await run(engine, message(0, 3), message(4, 6))
    assert count(engine) == 3
    (rewound,) = consumer.rewound
    assert rewound[TP("clicks", 0)] == 3


async def test_records_deleted_by_retention_are_passed_over(engine: Engine) -> None:
    await run(engine, message(0, 3))
    engine._app.consumer.starts["clicks"] = 10
    await run(engine, message(10, 12), message(10, 12))
    assert engine.deciding.processor.seen == [0, 1, 2, 10, 11]


async def test_a_topic_made_anew_is_refused(engine: Engine) -> None:
    await run(engine, message(0, 3))
    engine.forget()
    engine._app.consumer.ends["clicks"] = 2
    await run(engine, message(0, 2))
    assert "deleted and made again" in str(engine._app.crashes[0])
    assert count(engine) == 3


async def test_state_that_lacks_what_the_group_has_committed_is_refused(engine: Engine) -> None:
    engine._app.consumer.committed = {"clicks": 20}
    await run(engine, message(20, 23))
    (refused,) = engine._app.crashes
    assert "contains clicks up to offset 0, but the group has committed 20" in str(refused)
    assert engine._app.consumer.transactions.commits == []


async def test_state_that_contains_what_the_group_has_committed_goes_on(engine: Engine) -> None:
    await run(engine, message(0, 3))
    engine.forget()
    engine._app.consumer.committed = {"clicks": 3, "purchases": 0}
    await run(engine, message(3, 5))
    assert count(engine) == 5


@pytest.mark.parametrize("stale", [message(0, 3, generation=0), message(0, 3, seek=5)])
async def test_a_stale_batch_is_dropped(engine: Engine, stale: Any) -> None:
    consumer = await run(engine, stale)
    assert (consumer.transactions.commits, consumer.rewound) == ([], [])


async def test_a_clean_abort_applies_nothing_and_reads_again(engine: Engine) -> None:
    engine._app.consumer.transactions.fails = [AbortedError("too large")]
    consumer = await run(engine, message(0, 3))
    assert count(engine) == 0
    assert consumer.rewound[0][TP("clicks", 0)] == 0
    await run(engine, message(0, 3))
    assert count(engine) == 3


async def test_a_batch_that_never_commits_ends_the_worker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "MOST_ABORTS", 2)
    engine._app.consumer.transactions.fails = [AbortedError("x"), AbortedError("x")]
    await run(engine, message(0, 3), message(0, 3))
    assert "cannot be committed" in str(engine._app.crashes[0])


async def test_a_fatal_error_applies_nothing(engine: Engine) -> None:
    engine._app.consumer.transactions.fails = [FatalError("fenced")]
    await run(engine, message(0, 3))
    assert count(engine) == 0


async def test_a_batch_that_cannot_be_decided_is_tried_again_until_it_can(
    engine: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LONGEST_PAUSE_S", 0.01)
    sound, tries = engine.deciding.processor, iter(range(12))

    def process(*work: Any) -> Effects:
        if next(tries) < 11:
            raise UndecidedError("OSError in streams.x (traceback 0)")
        return sound.process(*work)

    engine.deciding.processor = SimpleNamespace(process=process)
    consumer = await run(engine, *(message(0, 3) for _ in range(12)))
    assert engine._app.crashes == []
    assert len(consumer.rewound) == 11
    assert count(engine) == 3
    assert caplog.text.count("pauses") == 1


class Panic(BaseException):
    """As pyo3's: no Exception."""


async def test_a_panic_that_nobody_contained_ends_the_worker_and_hangs_nothing(
    engine: Engine,
) -> None:
    def process(*_: Any) -> Effects:
        raise Panic

    engine.deciding.processor = SimpleNamespace(process=process)
    consumer = await asyncio.wait_for(run(engine, message(0, 3)), 5)
    assert [type(reason) for reason in engine._app.crashes] == [Panic]
    assert consumer.finished == 1


async def test_a_bug_ends_the_worker_once(engine: Engine) -> None:
    engine.deciding.processor = SimpleNamespace(process=lambda *_: 1 / 0)
    consumer = await run(engine, message(0, 3), message(0, 3))
    assert [type(reason) for reason in engine._app.crashes] == [ZeroDivisionError]
    assert consumer.transactions.dead


async def test_cancelling_who_submitted_does_not_part_commit_from_apply(engine: Engine) -> None:
    transactions = engine._app.consumer.transactions
    transactions.slow.clear()

    async def agent() -> None:
        engine.submit(message(0, 3))
        await asyncio.sleep(60)

    task = asyncio.ensure_future(agent())
    await asyncio.sleep(0.05)
    task.cancel()
    transactions.slow.set()
    await engine.idle()
    assert (len(transactions.commits), count(engine)) == (1, 3)


async def test_nothing_is_processed_before_the_knowledge_is_there(engine: Engine) -> None:
    engine.ready.clear()
    engine.submit(message(0, 3))
    await asyncio.sleep(0.05)
    assert engine.deciding.processor.seen == []
    engine.ready.set()
    await engine.idle()
    assert engine.deciding.processor.seen == [0, 1, 2]


def piece(start: int, end: int, seek: int = 0) -> Slice:
    records = [SourceRecord("changelog", 0, n, 0, b"U%d" % n, b"row") for n in range(start, end)]
    return Slice(records, start, end, seek)


async def test_a_changelog_piece_that_joins_is_taken_over(engine: Engine) -> None:
    assert await engine.restore(CHANGELOG, piece(0, 3))
    assert await engine.restore(CHANGELOG, piece(2, 5))
    assert engine.restored(CHANGELOG) == 4


async def test_missing_changelog_rows_are_read_again(engine: Engine) -> None:
    await engine.restore(CHANGELOG, piece(0, 3))
    assert not await engine.restore(CHANGELOG, piece(5, 7))
    assert engine._app.consumer.rewound == [{CHANGELOG: 3}]
    assert engine.restored(CHANGELOG) == 2


async def test_a_changelog_may_start_late(engine: Engine) -> None:
    engine._app.consumer.starts["changelog"] = 5
    assert await engine.restore(CHANGELOG, piece(5, 7))


async def test_a_stale_changelog_piece_is_dropped(engine: Engine) -> None:
    assert not await engine.restore(CHANGELOG, piece(0, 3, seek=9))
    assert engine.restored(CHANGELOG) == -1


async def test_what_was_fetched_of_a_topic_that_the_state_does_not_know_is_read_again(
    engine: Engine,
) -> None:
    consumer: Any = engine._app.consumer
    consumer.reached = lambda partition: {"clicks": 5}
    assert await engine._reread_lost(0)
    assert consumer.rewound == []  # it may just be on its way to the merger
    assert await engine._reread_lost(0)
    assert consumer.rewound == [{TP(topic, 0): 0 for topic in engine._options.topics}]


async def test_a_topic_whose_beginning_was_deleted_is_not_taken_for_lost(engine: Engine) -> None:
    consumer: Any = engine._app.consumer
    consumer.starts["clicks"] = 5
    consumer.reached = lambda partition: {"clicks": 5}
    assert not await engine._reread_lost(0)
    assert consumer.rewound == []


async def test_the_first_transaction_of_a_partition_without_state_notes_where_its_past_ends(
    engine: Engine,
) -> None:
    engine.beginnings[0] = {"clicks": 7}
    consumer = await run(engine, message(0, 3))
    first, second = consumer.transactions.commits
    marked = msgspec.msgpack.decode(first.rows[MARKER])
    assert (marked["past"], first.outputs, set(first.offsets.values())) == ({"clicks": 7}, [], {0})
    assert second.offsets == {"clicks": 3}


async def test_a_partition_with_state_keeps_the_past_that_it_has(engine: Engine) -> None:
    await run(engine, message(0, 3))
    engine.beginnings[0] = {"clicks": 7}
    consumer = await run(engine, message(3, 4))
    assert [commit.offsets for commit in consumer.transactions.commits] == [
        {"clicks": 3}, {"clicks": 4},
    ]  # fmt: skip
    assert engine.beginnings == {}


async def test_a_beginning_that_was_aborted_is_noted_with_the_next_try(engine: Engine) -> None:
    engine.beginnings[0] = {"clicks": 7}
    engine._app.consumer.transactions.fails = [AbortedError("no")]
    consumer = await run(engine, message(0, 3))
    assert (consumer.transactions.commits, engine.beginnings) == ([], {0: {"clicks": 7}})
    await run(engine, message(0, 3))
    assert len(consumer.transactions.commits) == 2
