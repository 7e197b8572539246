from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.errors import InvalidTimestampError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.examples import examples
from support.panic import PanicException

from streams.engine.options import Options
from streams.engine.partition import Partition
from streams.engine.progress import Marked, Progress
from streams.engine.ticks import (
    CATCH_UP_MS,
    HEARTBEAT_MS,
    TickWriter,
    is_awaited,
    tick_time,
)
from streams.settings import Settings
from streams.state.store import TIMER, MemoryStore

TIMES = st.integers(0, 10**13)


class Refusing:
    """A producer of a broker that takes no tick."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    async def send_and_wait(self, *_: object, **__: object) -> None:
        raise self.error


@pytest.mark.parametrize("error", [InvalidTimestampError, OSError, PanicException])
async def test_a_refused_tick_is_a_warning(
    caplog: pytest.LogCaptureFixture, error: type[BaseException]
) -> None:
    writer = writer_of(due_ms=2_000)
    writer._producer = Refusing(error)
    await writer._tick(3)
    assert f"ticks[3]: no tick: {error.__name__}" in caplog.text
    writer._producer = Refusing(asyncio.CancelledError)
    with pytest.raises(asyncio.CancelledError):
        await writer._tick(3)
    assert writer.refused == {3: 1}


class Taking:
    """A producer that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[int] = []

    async def send_and_wait(self, *_: object, timestamp_ms: int, **__: object) -> None:
        self.sent.append(timestamp_ms)


class FixedClock:
    """A broker whose time stands still; it counts who asks."""

    def __init__(self, ms: int) -> None:
        self.ms, self.questions = ms, 0

    def about_ms(self) -> int:
        return self.ms

    async def asked(self) -> int:
        self.questions += 1
        return self.ms


def writer_of(
    due_ms: int | None, pushes_until_ms: int = 0, broker_ms: int = 53_000, *, asks: bool = False
) -> TickWriter:
    """A writer for a partition at 1,000 since the broker's 50,000."""
    store = MemoryStore()
    if due_ms is not None:
        store.apply({TIMER + due_ms.to_bytes(8, "big") + bytes(16): b"\x01"})
    progress = Progress({}, 1_000, broker_ms=50_000)
    marked = Marked(1_000, pushes_until_ms, epoch=7)
    engine = SimpleNamespace(
        partition=lambda _: Partition(store, progress, None, marked),  # type: ignore[arg-type]
    )
    app = SimpleNamespace(
        engine=engine,
        epoch_asks=lambda partition, epoch: asks and (partition, epoch) == (3, 7),
        clock=FixedClock(broker_ms),
        options=Options.of(Settings()),
    )
    return TickWriter(app, Settings())


@pytest.mark.parametrize(
    ("due_ms", "pushes_until_ms", "told"),
    [
        (4_000, 0, [4_000]),
        (4_001, 0, []),
        (None, 10**9, []),
        (None, 0, []),
    ],
    ids=["timer due", "timer not due", "push is out", "nothing"],
)
async def test_a_tick_comes_when_a_timer_is_due_and_the_broker_is_asked_only_then(
    due_ms: int | None, pushes_until_ms: int, told: list[int]
) -> None:
    writer = writer_of(due_ms, pushes_until_ms)
    writer._producer = Taking()
    await writer._tick(3)
    assert (writer._producer.sent, writer._app.clock.questions) == (told, len(told))


@pytest.mark.parametrize(
    ("due_ms", "until_ms", "asks"),
    [(10**9, 0, False), (None, 10**9, False), (None, 0, True)],
    ids=["timer", "push", "epoch"],
)
async def test_who_holds_a_timer_or_a_push_or_is_asked_by_an_epoch_is_told_the_time_once_a_minute(
    due_ms: int | None, until_ms: int, asks: bool
) -> None:
    writer = writer_of(due_ms, until_ms, broker_ms=50_000 + HEARTBEAT_MS, asks=asks)
    writer._producer = Taking()
    await writer._tick(3)
    assert writer._producer.sent == [1_000 + HEARTBEAT_MS]


@hypothesis_settings(max_examples=examples(100))
@given(now=TIMES, stream=TIMES, due=TIMES | st.none(), holds=st.booleans())
def test_who_waits_for_nothing_is_told_nothing(
    now: int, stream: int, due: int | None, holds: bool
) -> None:
    awaited = is_awaited(now, stream, due, holds=holds)
    assert not awaited or due is not None or holds
    assert awaited or due is None or due > now


def test_no_event_no_tick() -> None:
    assert tick_time(Progress(), None, broker_ms=5_000) is None


def test_a_tick_tells_stream_time_plus_what_has_elapsed() -> None:
    assert tick_time(Progress({}, 1_000, broker_ms=50_000), 1_000, broker_ms=53_000) == 4_000


def test_time_goes_on_from_the_last_input_not_from_the_last_tick() -> None:
    assert tick_time(Progress({}, 1_000, broker_ms=50_000), 3_990, broker_ms=54_000) == 5_000


def test_a_stream_ahead_of_the_clock_waits_for_it() -> None:
    assert tick_time(Progress({}, 90_000, broker_ms=50_000), 90_000, broker_ms=60_000) is None


def test_a_tick_is_never_from_the_future() -> None:
    assert tick_time(Progress({}, 50_500, broker_ms=50_000), 50_500, broker_ms=51_000) == 51_000


@hypothesis_settings(max_examples=examples(100))
@given(stream=TIMES, marker=TIMES, wall=TIMES, now=TIMES)
def test_a_tick_never_turns_time_back(stream: int, marker: int, wall: int, now: int) -> None:
    ts = tick_time(Progress({}, stream, wall), marker, now)
    assert ts is None or marker <= ts <= now


def test_after_an_outage_time_catches_up_a_quarter_of_an_hour_a_tick() -> None:
    day_ms = 86_400_000
    progress, marker, told = Progress({}, 1_000, broker_ms=50_000), 1_000, []
    while not told or told[-1] != marker:
        marker = told[-1] if told else marker
        told.append(tick_time(progress, marker, broker_ms=50_000 + day_ms))
    assert told[-1] == 1_000 + day_ms
    assert len(told) == day_ms // CATCH_UP_MS + 1
    assert max(b - a for a, b in zip([1_000, *told], told, strict=False)) == CATCH_UP_MS
