from __future__ import annotations

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.panic import PanicException

from schemas.globals import Epoch, Signals, Snapshot
from schemas.state import NEVER_MS
from streams.engine.learning import LearnerService
from streams.engine.schedule import Schedule
from streams.settings import Settings


def test_the_first_signal_starts_the_count() -> None:
    assert Schedule(100).due(1_234) is None


def test_an_epoch_is_due_when_a_multiple_is_crossed() -> None:
    schedule = Schedule(100)
    schedule.due(150)
    assert schedule.due(199) is None
    assert schedule.due(200) == 200
    assert schedule.due(201) is None


def test_a_leap_over_several_multiples_makes_one_epoch() -> None:
    schedule = Schedule(100)
    schedule.due(150)
    assert schedule.due(999) == 900


def test_an_epoch_that_is_published_is_not_due_again() -> None:
    schedule = Schedule(100)
    schedule.published(300, 0)
    schedule.published(200, 0)
    schedule.due(150)
    assert [schedule.due(ts) for ts in (210, 305, 410)] == [None, None, 400]
    assert schedule.holds_from_ms == 300


def test_a_lagging_partition_does_not_turn_time_back() -> None:
    schedule = Schedule(100)
    schedule.due(450)
    assert schedule.due(120) is None
    assert schedule.due(480) is None
    assert schedule.due(500) == 500


@hypothesis_settings(max_examples=examples(100))
@given(st.lists(st.integers(0, 5_000), max_size=40), st.integers(0, 40))
def test_a_restart_publishes_what_is_missing_and_nothing_twice(
    signals: list[int], published: int
) -> None:
    first = Schedule(100)
    whole = [at for ts in signals if (at := first.due(ts)) is not None]
    kept = whole[:published]
    again = Schedule(100)
    for at in kept:
        again.published(at, 0)
    rest = [at for ts in signals if (at := again.due(ts)) is not None]
    assert kept + rest == whole


def read(schedule: Schedule, signals: list[tuple[int, int, int]]) -> list[int]:
    """The epochs that are due along (offset, stream time, what it is brought back to)."""
    found = []
    for offset, stream_ms, back_ms in signals:
        schedule.read_to(offset, back_ms)
        if (at := schedule.due(stream_ms)) is not None:
            schedule.published(at, schedule.since)
            found.append(at)
    return found


AHEAD_AND_BACK = [(0, 150, 0), (1, 9_950, 0), (2, 160, 160), (3, 250, 0), (4, 260, 0), (5, 350, 0)]


def test_epochs_are_published_again_from_where_time_was_brought_back_to() -> None:
    assert read(Schedule(100), AHEAD_AND_BACK) == [9_900, 200, 300]


@pytest.mark.parametrize("gone", range(6))
@pytest.mark.parametrize("done", range(7))
def test_a_learner_that_starts_over_repeats_no_epoch_whatever_was_brought_back(
    done: int, gone: int
) -> None:
    """``gone``: signals that are not kept any more, perhaps the one that brought time back."""
    first, again = Schedule(100), Schedule(100)
    whole, kept = read(Schedule(100), AHEAD_AND_BACK), read(first, AHEAD_AND_BACK[:done])
    if kept:
        again.published(first.holds_from_ms or 0, first.published_since)
    rest = read(again, AHEAD_AND_BACK[min(gone, max(done - 1, 0)) :])
    assert kept + rest == whole


@pytest.mark.parametrize("done", range(2, 7))
def test_a_learner_that_goes_on_from_a_snapshot_repeats_no_epoch_either(done: int) -> None:
    """The snapshot is of the newest epoch: made before the signal at which it was due."""
    first, again, at = Schedule(100), Schedule(100), 0
    kept: list[int] = []
    for place, signal in enumerate(AHEAD_AND_BACK[:done]):
        if found := read(first, [signal]):
            kept, at = [*kept, *found], place
    again.resume(first.holds_from_ms or 0, first.published_since)
    assert kept + read(again, AHEAD_AND_BACK[at:]) == read(Schedule(100), AHEAD_AND_BACK)


class Recording:
    """Notes what it is asked, in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.shelves: list[tuple[list[int], int]] = []

    made_with = "nothing"

    def dump(self) -> bytes:
        return b"%d" % len(self.asked)

    def load(self, state: bytes) -> None:
        self.asked = [("loaded", int(state))]

    def check(self, signals: Signals) -> None:
        if signals.partition < 0:
            raise ValueError("secret")

    def left_out(self) -> list[str]:
        return []

    def absorb(self, signals: Signals) -> None:
        if signals.partition > 9:
            raise KeyError("secret")
        self.asked.append(("absorb", signals.stream_ms))

    def hear(self, changes: None) -> None:
        pass

    def known(self) -> list[int]:
        return [7]

    def read(self, shelf: tuple[list[int], int]) -> None:
        self.shelves.append(shelf)

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        self.asked.append(("epoch", holds_from_ms))
        return Epoch(number=number, holds_from_ms=holds_from_ms, catalog_version=catalog_version)


async def accept(epoch: Epoch, snapshot: Snapshot) -> None:
    """Publishing that always succeeds."""
    assert epoch.number == epoch.holds_from_ms == snapshot.holds_from_ms


async def nothing_new(after_ms: int | None) -> None:
    return None


async def shelf(known: list[int], now_ms: int) -> tuple[list[int], int]:
    return known, now_ms


def service_of(news=nothing_new) -> LearnerService:
    return LearnerService(None, Settings(epoch_ms=100_000), Recording, lambda: 3, news, shelf)


def record_of(value: bytes | None, offset: int = 0) -> SimpleNamespace:
    return SimpleNamespace(topic="signals", partition=0, offset=offset, value=value)


def signals_of(
    stream_ms: int, partition: int = 0, offset: int = 0, back_ms: int = 0
) -> SimpleNamespace:
    signals = Signals(
        schema_version=1, partition=partition, stream_ms=stream_ms,
        users=b"", items=b"", categories=b"", types=b"", ts_ms=b"", names={},
        back_ms=back_ms,
    )  # fmt: skip
    return record_of(msgspec.msgpack.encode(signals), offset)


def test_an_epoch_holds_what_came_before_its_multiple_and_nothing_after() -> None:
    service = service_of()
    learner = Recording()
    records = [signals_of(ms) for ms in (150_000, 199_999, 205_000, 320_000)]
    asyncio.run(service._take(records, learner, Schedule(100_000), accept))
    assert learner.asked == [
        ("absorb", 150_000),
        ("absorb", 199_999),
        ("epoch", 200_000),
        ("absorb", 205_000),
        ("epoch", 300_000),
        ("absorb", 320_000),
    ]
    assert learner.shelves == [([7], 200_000), ([7], 300_000)], "what is known, as of the epoch"


def test_a_learner_that_takes_over_hears_of_what_is_newer_than_the_last_epoch_then_of_all() -> None:
    after: list[int | None] = []

    async def news(after_ms: int | None) -> None:
        after.append(after_ms)

    service = service_of(news)
    for told_ms in (None, 100_000):
        schedule = Schedule(100_000, holds_from_ms=100_000, told_ms=told_ms)
        records = [signals_of(ms) for ms in (150_000, 205_000, 320_000)]
        asyncio.run(service._take(records, Recording(), schedule, accept))
    assert after == [None, NEVER_MS, 100_000, NEVER_MS]


def test_a_signal_that_cannot_be_used_is_skipped_counted_and_named_and_moves_no_time(
    caplog,
) -> None:
    service, learner = service_of(), Recording()
    odd = [None, b"", b"\xc1 secret", msgspec.msgpack.encode({"secret": 1})]
    records = [
        signals_of(150_000),
        *(record_of(value, offset) for offset, value in enumerate(odd, 1)),
        signals_of(999_000, partition=-1, offset=5),
        signals_of(150_001, partition=10, offset=6),
        signals_of(205_000, offset=7),
    ]
    asyncio.run(service._take(records, learner, Schedule(100_000), accept))
    assert learner.asked == [("absorb", 150_000), ("epoch", 200_000), ("absorb", 205_000)]
    assert service.skipped.counts == {"signals": 6}
    for offset in range(1, 7):
        assert f"signals[0]@{offset} skipped" in caplog.text
    assert "secret" not in caplog.text


def test_an_epoch_that_cannot_be_made_is_left_out_and_the_next_comes() -> None:
    class Failing(Recording):
        def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
            if holds_from_ms == 200_000:
                raise IndexError("secret")
            return super().epoch(number, holds_from_ms, catalog_version)

    service, learner = service_of(), Failing()
    records = [signals_of(ms) for ms in (150_000, 205_000, 320_000)]
    asyncio.run(service._take(records, learner, Schedule(100_000), accept))
    assert [asked for asked in learner.asked if asked[0] == "epoch"] == [("epoch", 300_000)]
    assert service.unmade == 1


class Panicking(Recording):
    """Meets Rust code that panics, at each of its calls."""

    def check(self, signals: Signals) -> None:
        if signals.partition == 1:
            raise PanicException("secret")

    def absorb(self, signals: Signals) -> None:
        if signals.partition == 2:
            raise PanicException("secret")
        super().absorb(signals)

    def epoch(self, number: int, holds_from_ms: int, catalog_version: int) -> Epoch:
        if holds_from_ms == 200_000:
            raise PanicException("secret")
        return super().epoch(number, holds_from_ms, catalog_version)

    def load(self, state: bytes) -> None:
        raise PanicException("secret")


def test_a_panic_costs_the_learner_its_record_its_epoch_or_its_snapshot_and_no_more(caplog) -> None:
    service, learner = service_of(), Panicking()
    service._make_learner = Panicking
    told = [(150_000, 0), (150_001, 1), (150_002, 2), (205_000, 0), (320_000, 0)]
    records = [signals_of(ms, partition, at) for at, (ms, partition) in enumerate(told)]
    asyncio.run(service._take(records, learner, Schedule(100_000), accept))
    assert learner.asked == [
        ("absorb", 150_000), ("absorb", 205_000), ("epoch", 300_000), ("absorb", 320_000),
    ]  # fmt: skip
    assert (service.skipped.counts, service.unmade) == ({"signals": 2}, 1)
    sound = Snapshot(made_with="nothing", holds_from_ms=1, next_offset=2, state=b"3")
    assert service._restored(sound)[1] is None
    assert "PanicException" in caplog.text
    assert "secret" not in caplog.text


def test_a_learner_that_is_told_to_stop_blames_nobody() -> None:
    class Stopped(Recording):
        def absorb(self, signals: Signals) -> None:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        service_of()._absorb(Stopped(), [(signals_of(150_000), None)])


def test_epochs_and_snapshots_say_since_when_time_was_brought_back() -> None:
    kept: list[tuple[int, int]] = []

    async def keep(epoch: Epoch, snapshot: Snapshot) -> None:
        assert (epoch.number, epoch.since) == (snapshot.holds_from_ms, snapshot.since)
        kept.append((epoch.number, epoch.since))

    told = [(150_000, 0), (9_950_000, 0), (160_000, 160_000), (250_000, 0)]
    records = [signals_of(ms, offset=at, back_ms=back) for at, (ms, back) in enumerate(told, 40)]
    asyncio.run(service_of()._take(records, Recording(), Schedule(100_000), keep))
    assert kept == [(9_900_000, 0), (200_000, 43)]


def test_a_snapshot_knows_what_came_before_its_epoch_and_where_to_read_on() -> None:
    kept: list[Snapshot] = []

    async def keep(epoch: Epoch, snapshot: Snapshot) -> None:
        kept.append(snapshot)

    records = [signals_of(ms, offset=at) for at, ms in enumerate((150_000, 199_999, 205_000), 40)]
    asyncio.run(service_of()._take(records, Recording(), Schedule(100_000), keep))
    (snapshot,) = kept
    assert (snapshot.next_offset, snapshot.holds_from_ms) == (42, 200_000)
    assert snapshot.state == b"3", "two signals and the epoch"


def test_a_snapshot_says_how_many_signals_could_not_be_used() -> None:
    kept: list[Snapshot] = []

    async def keep(epoch: Epoch, snapshot: Snapshot) -> None:
        kept.append(snapshot)

    records = [signals_of(150_000), record_of(b""), record_of(None), signals_of(205_000)]
    asyncio.run(service_of()._take(records, Recording(), Schedule(100_000), keep))
    assert [snapshot.skipped for snapshot in kept] == [2]


def test_a_snapshot_that_cannot_be_used_means_all_signals(caplog) -> None:
    sound = Snapshot(made_with="nothing", holds_from_ms=1, next_offset=2, state=b"3")
    service = service_of()
    assert service._restored(None)[1] is None
    learner, start = service._restored(sound)
    assert (learner.asked, start) == ([("loaded", 3)], sound)
    for odd in (
        msgspec.structs.replace(sound, state=b"secret"),
        msgspec.structs.replace(sound, made_with="something else"),
    ):
        learner, start = service._restored(odd)
        assert (learner.asked, start) == ([], None)
    assert "secret" not in caplog.text


def test_after_a_snapshot_the_first_boundary_to_come_is_due() -> None:
    schedule = Schedule(100)
    schedule.resume(300, 0)
    assert [schedule.due(ts) for ts in (310, 399, 405)] == [None, None, 400]
